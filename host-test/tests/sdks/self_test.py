"""Shows that each judge can refuse: bodies with one known mistake each.

A validator that accepts everything looks the same as one that finds nothing wrong. So each body of `mistakes` has to be
accepted as it stands, and refused after one change, at the expected place.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import readers
import streams
from component import Outcome
from mistakes import MISTAKES
from recorder import Recorded, Recorder
from report import Result

PATHS = {
    "chat-completions": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "gemini": "/v1beta/models/gemini-3-pro-preview:streamGenerateContent?alt=sse",
}
HEADERS = {"anthropic-version": "2023-06-01"}


def run(vendors: list[Any]) -> Iterator[Result]:
    for vendor in vendors:
        body, mistakes = MISTAKES[vendor.route]
        yield Result.of("self-test", vendor.route, "a good body is accepted", vendor.complaints(body))
        for name, change, place in mistakes:
            changed = copy.deepcopy(body)
            change(changed)
            lines = vendor.complaints(changed)
            # The place counts as well: a judge that refuses for another reason has not seen the mistake.
            seen = any(line.split(":")[0].startswith(place) for line in lines)
            failures = [] if seen else [f"expected a complaint about {place}, and got {lines or 'none'}"]
            yield Result.of("self-test", vendor.route, f"refused: {name}", failures)
        yield from sent_again(vendor, body)


def sent_again(vendor: Any, body: Any) -> Iterator[Result]:
    """The second judge: what the SDK itself sends."""
    path = PATHS[vendor.route]
    good = vendor.differences(Recorded(path, HEADERS, body))
    yield Result.of("self-test", vendor.route, "the SDK sends a good body unchanged", good)
    elsewhere = vendor.differences(Recorded(path.replace("/v1", "/v2"), HEADERS, body))
    failures = [] if any(line.startswith("path: ") for line in elsewhere) else [f"a wrong path gives {elsewhere}"]
    yield Result.of("self-test", vendor.route, "a wrong path is noticed", failures)
    if vendor.route == "messages":
        unversioned = vendor.differences(Recorded(path, {}, body))
        failures = [] if unversioned else ["a missing header is not noticed"]
        yield Result.of("self-test", vendor.route, "a missing anthropic-version is noticed", failures)


TURN = streams.Turn("Think.", "cHJvb2Y=", "Hello there.", [("get_weather", {"city": "Paris"})])
# A component that reads TURN wrongly: the fields that are wrong, and the line that has to report it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"text": "Hello"}, "text: "),
    ({"reasoning": ""}, "reasoning: "),
    ({"calls": []}, "calls: "),
    ({"calls": [("get_weather", {"city": "Rome"})]}, "calls: "),
    ({"finish": "stop"}, "finish: "),
    ({"usage": {"input": 11, "output": 4}}, "usage: output: "),
    ({"usage": {}}, "usage: input: "),
    ({"error": {"kind": "protocol"}}, "the component reports "),
]


def of_readers(recorder: Recorder) -> Iterator[Result]:
    """The SDKs read a stream, and every mistake of a component that reads the same one is noticed."""
    usage = {"input": 11, "output": 7, "total": 18, "cache-read": 4, "reasoning": 3}
    right = {
        "text": TURN.text,
        "reasoning": TURN.reasoning,
        "calls": TURN.calls,
        "finish": "tool-calls",
        "usage": usage,
    }
    for route in ("responses", "messages", "gemini"):
        recorder.streams = [streams.of(route, TURN)]
        body = MISTAKES[route][0]
        reading = readers.of(route, f"{recorder.url}/v1", "sk-recorder").read(body, "gemini-3.1-pro-preview")
        lines = readers.disagreements(reading, Outcome(**right))
        yield Result.of("self-test", route, "the SDK reads what was written", lines)
        for wrong, beginning in WRONG:
            lines = readers.disagreements(reading, Outcome(**{**right, **wrong}))
            failures = (
                [] if any(line.startswith(beginning) for line in lines) else [f"{wrong} gives {lines or 'nothing'}"]
            )
            yield Result.of("self-test", route, f"noticed in a reading: {wrong}", failures)
