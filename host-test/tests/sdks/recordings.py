"""The SDKs and the component read public recordings of the vendors' responses, from the folder of recordings."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cases
import readers
import sdk_streams
from component import Component
from recorder import Recorder
from report import Result, Wanted

KEY = "sk-recorder"
# Recordings that the SDK reads in another way, and the component by the decision of the contract.
NOT_COMPARED = {
    "rust-genai--openai_resp-custom_grammar_tool-response_000.sse": "its last event lacks the streamed items",
    "anthropic-sdk-python--incomplete_partial_json_response.sse": "the SDK repairs arguments that were cut off",
    "ai--google-stream-no-args-tool-call.lines": "the SDK does not put pieces of arguments together",
    "ai--google-stream-tool-call-arguments.lines": "the SDK does not put pieces of arguments together",
}


def folder() -> Path | None:
    """The recordings: `CORPORA`, or beside the repository. They are not part of it."""
    root = Path(os.environ.get("CORPORA") or Path(__file__).parents[4] / "shared/corpora")
    return root / "routes" if (root / "routes").is_dir() else None


def run(component: Component, recorder: Recorder, wanted: Wanted) -> Iterator[Result]:
    recordings = folder()
    for route in sdk_streams.ROUTES:
        if recordings is None:
            yield Result.skipped("recordings", route, "all", "the recordings are missing; CORPORA names their folder")
            continue
        reader = readers.of(route, f"{recorder.url}/v1", KEY)
        for path in sorted((recordings / route).iterdir()):
            if path.suffix in (".sse", ".lines") and wanted(route, path.name) and finishes(path):
                yield read(component, recorder, reader, route, path)


def finishes(path: Path) -> bool:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    return expected["outcome"] == "finish"


def read(component: Component, recorder: Recorder, reader: Any, route: str, path: Path) -> Result:
    name, model = path.name, cases.MODELS[route][0]
    stream = framed(route, path)
    recorder.streams = [stream, stream]
    outcome = component.chat({**sdk_streams.request_of(model, True, True), "route": route}, f"{recorder.url}/v1", KEY)
    if outcome.failures:
        return Result.of("recordings", route, name, outcome.failures)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reading = reader.read(recorder.requests[-1].body, model)
    except Exception as error:  # noqa: BLE001 - an SDK raises what it likes
        # An older vendor's stream, or a gateway's. The component has to read it all the same, and did.
        reason = f"the SDK cannot read it: {type(error).__name__}: {str(error)[:100]}"
        return Result.skipped("recordings", route, name, reason)
    failures = readers.disagreements(reading, outcome)
    if failures and name in NOT_COMPARED:
        return Result.skipped("recordings", route, name, NOT_COMPARED[name])
    return Result.of("recordings", route, name, failures)


def framed(route: str, path: Path) -> str:
    """The bytes of the response. A file of lines has one event's data on each."""
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    if path.suffix == ".sse":
        return text
    events = [json.loads(line) for line in text.splitlines() if line.strip()]
    named = route != "gemini"
    heads = (f"event: {event['type']}\n" if named else "" for event in events)
    return "".join(f"{head}data: {json.dumps(event)}\n\n" for head, event in zip(heads, events, strict=True))
