"""The vendors' SDKs and the component read the same streams, and have to agree."""

from __future__ import annotations

import json
import subprocess
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cases
import conversations
import readers
import streams
from component import Component
from recorder import Recorder
from report import Result, Wanted

SCENARIOS = Path(__file__).parents[2] / "stand-in/src/scenarios/routes"
ROUTES = {"responses": "/v1/responses", "messages": "/v1/messages", "gemini": None}
PATH_OF_GEMINI = "/v1beta/models/{model}:streamGenerateContent"

WHOLE = "a whole JSON response, and the SDK expects events"
NO_ITEMS = "the SDK takes the response from the last event, which lacks what was streamed"
IDS = "the SDK refuses an event whose id or index does not fit the ones before"
NO_USAGE = "the SDK fails where usage is missing"
OTHER_SHAPE = "the response has the shape of chat completions"
NO_DELTAS = "the SDK hands out no delta of what is complete at its start"

# Streams that break the vendor's protocol: the component reads them, because some server sends them, and the vendor's SDK
# does not, or reads something else. Each is tried, and has to fail.
NOT_COMPARED = {
    "responses-whole": WHOLE,
    "q31-empty-output": NO_ITEMS,
    "q32-items-in-the-end-only": NO_DELTAS,
    "q32-text-changed-in-the-end": NO_ITEMS,
    "q33-rotating-ids": IDS,
    "q34-closed-out-of-order": NO_ITEMS,
    "q34-deltas-only": IDS,
    "q34-never-done": IDS,
    "q34-done-without-added": NO_ITEMS,
    "q36-whole-with-status-complete": WHOLE,
    "q58-responses-new-words": "the SDK fails where a content part was not added",
    "messages-whole": WHOLE,
    "q42-message-at-once": NO_DELTAS,
    "q42-text-in-the-start": NO_DELTAS,
    "q44-usage-only-at-first": NO_USAGE,
    "q44-no-usage": NO_USAGE,
    "q45-start-without-content": "the SDK fails where the content is missing",
    "q46-holes": IDS,
    "q46-index-twice": IDS,
    "q46-delta-without-a-block": IDS,
    "q46-text-in-a-call": IDS,
    "q28-list": WHOLE,
    "q29-gemini-done": "the SDK reads [DONE] as JSON",
    "q50-arguments-by-path": "the SDK hands out pieces of arguments and does not put them together",
    "q93-chat-shape-on-messages": OTHER_SHAPE,
    "q93-chat-shape-whole-on-responses": OTHER_SHAPE,
    "q50-last-piece-missing": "the SDK hands out pieces of arguments and does not put them together",
}


class StandIn:
    """`host-test stand-in`, as a process."""

    def __init__(self, host_test: Path) -> None:
        command = [str(host_test), "stand-in", "--json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
        assert self.process.stdout is not None
        line = json.loads(self.process.stdout.readline())
        self.base_url, self.key = line["base-url"], line["key"]

    def last_body(self) -> Any:
        """The body of the last request."""
        with urllib.request.urlopen(f"{readers.root(self.base_url)}/stand-in/record", timeout=10) as response:
            return json.loads(response.read())["requests"][-1]["body"]

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


def from_stand_in(component: Component, stand_in: StandIn, wanted: Wanted) -> Iterator[Result]:
    for route in ROUTES:
        model = cases.MODELS[route][0]
        path = ROUTES[route] or PATH_OF_GEMINI.format(model=model)
        reader = readers.of(route, stand_in.base_url, stand_in.key)
        for scenario in scenarios(route):
            name = scenario["name"]
            if not wanted(route, name):
                continue
            stand_in.script(path, name)
            when = scenario.get("when")
            tools = when == "tools" or bool(scenario["expect"].get("tools"))
            think = when in ("reasoning", "tools") or bool(scenario["expect"].get("reasoning"))
            request = request_of(model, tools, think)
            outcome = component.chat({**request, "route": route}, stand_in.base_url, stand_in.key)
            failures = compared(reader, stand_in.last_body(), model, outcome)
            if name in NOT_COMPARED and failures and not outcome.failures:
                yield Result.skipped("stand-in's streams", route, name, NOT_COMPARED[name])
                continue
            if name in NOT_COMPARED and not failures:
                failures = ["the SDK reads it as the component does; remove it from NOT_COMPARED"]
            yield Result.of("stand-in's streams", route, name, failures)
        stand_in.script(path, None)


def request_of(model: str, tools: bool, think: bool) -> dict[str, Any]:
    """A request that the scenario fits."""
    tool = {"name": "get_weather", "parameters-json": readers.SCHEMA, "strict": False}
    options: dict[str, Any] = {"reasoning": {"effort": "low", "include-text": True}} if think else {}
    options |= {"tools": [tool]} if tools else {}
    return {"model": model, "messages": [cases.user(readers.PROMPT)], **options}


def compared(reader: Any, body: Any, model: str, outcome: Any) -> list[str]:
    """Has the SDK send the body that the component has sent, since the stand-in counts its tokens."""
    try:
        with warnings.catch_warnings():
            # The SDKs warn of words that they do not know, which some scenarios have on purpose.
            warnings.simplefilter("ignore")
            reading = reader.read(body, model)
    except Exception as error:  # noqa: BLE001 - an SDK raises what it likes, and each is a finding
        return [*outcome.failures, f"the SDK cannot read it: {type(error).__name__}: {str(error)[:200]}"]
    return readers.disagreements(reading, outcome)


def from_recorder(component: Component, recorder: Recorder, wanted: Wanted) -> Iterator[Result]:
    """The hand-written streams, from which the conversations take their replays, are good ones."""
    for route in ROUTES:
        model = cases.MODELS[route][0]
        reader = readers.of(route, f"{recorder.url}/v1", "sk-recorder")
        for number, turn in enumerate(conversations.agent_turns()):
            name = f"turn {number + 1}"
            if not wanted(route, name):
                continue
            stream = streams.of(route, turn)
            recorder.streams = [stream, stream]
            request = {**request_of(model, True, True), "route": route}
            outcome = component.chat(request, f"{recorder.url}/v1", "sk-recorder")
            failures = compared(reader, recorder.requests[-1].body, model, outcome)
            expected = (turn.text, turn.reasoning, turn.calls)
            if (outcome.text, outcome.reasoning, outcome.calls) != expected:
                failures.append(f"the component does not read what was written: {outcome}")
            yield Result.of("written streams", route, name, failures)
