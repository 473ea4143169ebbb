"""The vendors' SDKs and the component read the same streams, and have to agree."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cases
import conversations
import readers
import streams
from component import Component
from recorder import Recorder
from report import Result

SCENARIOS = Path(__file__).parents[2] / "stand-in/src/scenarios/routes"
ROUTES = {"responses": "/v1/responses", "messages": "/v1/messages", "gemini": None}
PATH_OF_GEMINI = "/v1beta/models/{model}:streamGenerateContent"

# Streams that break the vendor's protocol, which the component reads and the vendor's SDK does not, or reads otherwise. A
# scenario is compared unless it is here.
NOT_COMPARED: dict[str, str] = {}


class StandIn:
    """`host-test stand-in`, as a process."""

    def __init__(self, host_test: Path) -> None:
        command = [str(host_test), "stand-in", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        assert self.process.stdout is not None
        line = json.loads(self.process.stdout.readline())
        self.base_url, self.key = line["base-url"], line["key"]

    def script(self, path: str, scenario: str | None) -> None:
        """Plays the scenario for every request of the path."""
        body = json.dumps({"path": path, "scenario": scenario}).encode()
        url = f"{readers.root(self.base_url)}/stand-in/script"
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            pass

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


def scenarios(route: str) -> Iterator[dict[str, Any]]:
    """The scenarios of a route that end with a finish."""
    for path in sorted(SCENARIOS.glob(f"{route}*.json")):
        for scenario in json.loads(path.read_text(encoding="utf-8")):
            if "error" not in scenario["expect"]:
                yield scenario


def from_stand_in(component: Component, stand_in: StandIn, only: str) -> Iterator[Result]:
    for route in ROUTES:
        model = cases.MODELS[route][0]
        path = ROUTES[route] or PATH_OF_GEMINI.format(model=model)
        reader = readers.of(route, stand_in.base_url, stand_in.key)
        for scenario in scenarios(route):
            name = scenario["name"]
            if only not in f"{route}: {name}":
                continue
            if name in NOT_COMPARED:
                yield Result.skipped("stand-in's streams", route, name, NOT_COMPARED[name])
                continue
            stand_in.script(path, name)
            when = scenario.get("when")
            tools = when == "tools" or bool(scenario["expect"].get("tools"))
            think = when in ("reasoning", "tools") or bool(scenario["expect"].get("reasoning"))
            request = of_reader(model, tools, think)
            outcome = component.chat({**request, "route": route}, stand_in.base_url, stand_in.key)
            failures = compared(reader, model, tools, think, outcome)
            yield Result.of("stand-in's streams", route, name, failures)
        stand_in.script(path, None)


def of_reader(model: str, tools: bool, think: bool) -> dict[str, Any]:
    """What the readers request, in the contract's terms."""
    tool = {"name": "get_weather", "parameters-json": readers.SCHEMA, "strict": False}
    options: dict[str, Any] = {"reasoning": {"effort": "low", "include-text": True}} if think else {}
    options |= {"tools": [tool]} if tools else {}
    return {"model": model, "messages": [cases.user(readers.PROMPT)], **options}


def compared(reader: Any, model: str, tools: bool, think: bool, outcome: Any) -> list[str]:
    try:
        reading = reader.read(model, readers.PROMPT, tools, think)
    except Exception as error:  # noqa: BLE001 - an SDK raises what it likes, and each is a finding
        return [f"the SDK cannot read it: {type(error).__name__}: {str(error)[:200]}"]
    return readers.disagreements(reading, outcome)


def from_recorder(component: Component, recorder: Recorder, only: str) -> Iterator[Result]:
    """The hand-written streams, from which the conversations take their replays, are good ones."""
    for route in ROUTES:
        model = cases.MODELS[route][0]
        reader = readers.of(route, f"{recorder.url}/v1", "sk-recorder")
        for number, turn in enumerate(conversations.agent_turns()):
            name = f"turn {number + 1}"
            if only not in f"{route}: {name}":
                continue
            stream = streams.of(route, turn)
            recorder.streams = [stream, stream]
            request = {**of_reader(model, True, True), "route": route}
            outcome = component.chat(request, f"{recorder.url}/v1", "sk-recorder")
            failures = compared(reader, model, True, True, outcome)
            expected = (turn.text, turn.reasoning, turn.calls)
            if (outcome.text, outcome.reasoning, outcome.calls) != expected:
                failures.append(f"the component does not read what was written: {outcome}")
            yield Result.of("written streams", route, name, failures)
