"""Shows that each judge can refuse: bodies with one known mistake each.

A validator that accepts everything looks the same as one that finds nothing wrong. So each body of `mistakes` has to be
accepted as it stands, and refused after one change, at the expected place.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from mistakes import MISTAKES
from recorder import Recorded
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
