"""Runs the component in `host-test chat` and reads its events."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# A run takes well under a second. One that hangs must not hold the whole test.
LONGEST_RUN_S = 60


@dataclass
class Outcome:
    """The events of one response, put together."""

    error: Any = None
    warnings: list[str] = field(default_factory=list)
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    # Name and arguments of each call; arguments are an object, or text where they are none.
    calls: list[tuple[str, Any]] = field(default_factory=list)
    finish: str | None = None
    raw_finish: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    route: str | None = None
    # What goes into the next request.
    parts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def message(self) -> dict[str, Any]:
        """The response as a message of the assistant, with its replays."""
        return {"role": "assistant", "content": self.parts}

    @property
    def failures(self) -> list[str]:
        if self.error is not None:
            return [f"the component reports {json.dumps(self.error)[:300]}"]
        return []


class Component:
    """The harness with one plugin."""

    def __init__(self, host_test: Path, plugin: Path) -> None:
        self.host_test, self.plugin = host_test, plugin
        # Settings of the user must not send a test to the real service.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("COMET")}

    def chat(self, request: dict[str, Any], base_url: str, key: str) -> Outcome:
        command = [self.host_test, "chat", "--json", "--plugin", self.plugin, "--base-url", base_url, "--request", "-"]
        done = subprocess.run(
            [str(word) for word in command],
            input=json.dumps(request),
            capture_output=True,
            encoding="utf-8",
            timeout=LONGEST_RUN_S,
            env={**self.environment, "COMETAPI_KEY": key},
            check=False,
        )
        events = [json.loads(line) for line in done.stdout.splitlines()]
        if not events:
            return Outcome(error=f"no event; stderr: {done.stderr.strip()[-300:]}")
        return outcome(events)


def outcome(events: list[dict[str, Any]]) -> Outcome:
    result = Outcome()
    blocks: dict[int, dict[str, Any]] = {}
    for event in events:
        match event["event"]:
            case "response":
                result.route = event["route"]
            case "block-start":
                blocks[event["index"]] = {**event, "text": "", "replay": None}
            case "block-delta":
                blocks[event["index"]]["text"] += event["text"]
            case "block-end":
                blocks[event["index"]] |= {"replay": event["replay"], "end": event}
            case "warning":
                result.warnings.append(event["message"])
            case "finish":
                result.finish = event.get("reason-other") or event["reason"]
                result.raw_finish = event["raw-reason"]
                result.usage = event["usage"] or {}
            case "error":
                result.error = event["error"]
    for index in sorted(blocks):
        add(result, blocks[index])
    return result


def add(result: Outcome, block: dict[str, Any]) -> None:
    text, replay = block["text"], block["replay"]
    match block["kind"]:
        case "text":
            result.text += text
            result.parts.append({"part": "text", "text": text, "replay": replay})
        case "refusal":
            result.refusal += text
            result.parts.append({"part": "text", "text": text, "replay": replay})
        case "reasoning":
            result.reasoning += text
            result.parts.append({"part": "reasoning", "text": text, "replay": replay})
        case "tool-call":
            end = block.get("end", {})
            whole = end.get("arguments-json", end.get("raw", text))
            result.calls.append((block["name"], as_json(whole)))
            call = {"id": block["id"], "name": block["name"], "arguments-json": whole, "replay": replay}
            result.parts.append({"part": "tool-call", **call})


def as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
