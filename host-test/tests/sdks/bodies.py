"""Sends requests through the component and has the vendors' SDKs judge the recorded bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import cases
import streams
from component import Component
from recorder import Recorder
from report import Result, Wanted

KEY = "sk-recorder"
# Requests that the component refuses before it sends anything, since the route has no field for them: the beginning of the
# case's name, the routes, and a part of the message.
REFUSED = [
    ("audio", ("responses", "messages"), "audio"),
]


class Judge:
    """Sends a request on a route and judges the body that arrives."""

    def __init__(self, component: Component, recorder: Recorder, vendors: list[Any]) -> None:
        self.component, self.recorder = component, recorder
        self.vendors = {vendor.route: vendor for vendor in vendors}

    def send(self, route: str, request: dict[str, Any], turn: streams.Turn) -> tuple[Any, list[str]]:
        """The component's outcome, and what is wrong."""
        seen = len(self.recorder.requests)
        self.recorder.streams = [streams.of(route, turn)]
        outcome = self.component.chat({**request, "route": route}, f"{self.recorder.url}/v1", KEY)
        sent = self.recorder.requests[seen:]
        failures = list(outcome.failures)
        if not failures and outcome.route != route:
            failures.append(f"the response is from the route {outcome.route}")
        if len(sent) != 1:
            failures.append(f"{len(sent)} requests arrived instead of one")
        for request in sent:
            failures += self.judged(route, request)
        return outcome, failures

    def judged(self, route: str, request: Any) -> list[str]:
        vendor = self.vendors[route]
        # A body that the types refuse may be one that the SDK cannot send at all.
        return vendor.complaints(request.body) or vendor.differences(request)

    def last_body(self) -> str:
        return json.dumps(self.recorder.requests[-1].body)


def run(judge: Judge, wanted: Wanted) -> Iterator[Result]:
    for route in judge.vendors:
        for case in cases.of_route(route):
            if wanted(route, case.name):
                yield Result.of("request bodies", route, case.name, checked(judge, case))


def checked(judge: Judge, case: cases.Case) -> list[str]:
    outcome, failures = judge.send(case.route, case.request, streams.Turn(text="Hello there."))
    for name, routes, message in REFUSED:
        if case.name.startswith(name) and case.route in routes:
            # Judged as well, if anything was sent.
            return refusal(outcome, message) + [line for line in failures if outcome.error is None]
    if not failures and outcome.text != "Hello there.":
        failures.append(f"the component reads {outcome.text!r}")
    return failures


def refusal(outcome: Any, message: str) -> list[str]:
    """The component has to say what it cannot send. A body that leaves the part out would change the request."""
    # Or it sends the rest, and warns of what is missing.
    if outcome.error is None and any(message in warning for warning in outcome.warnings):
        return []
    error = outcome.error if isinstance(outcome.error, dict) else {}
    if error.get("kind") in ("invalid-request", "unsupported") and message in error["message"]:
        return []
    return [f"expected a refusal that contains {message!r}, and got {json.dumps(outcome.error)[:200]}"]
