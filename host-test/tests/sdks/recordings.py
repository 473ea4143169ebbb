"""The SDKs and the component read public recordings of the vendors' responses, from the folder of recordings. Then each
response goes back in a second request, with its replays, on its own route and on each other one, and the SDKs judge that."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cases
import conversations
import readers
import sdk_streams
import streams
from bodies import KEY, Judge
from component import Outcome
from report import Result, Wanted

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


def run(judge: Judge, wanted: Wanted) -> Iterator[Result]:
    recordings = folder()
    for route in sdk_streams.ROUTES:
        if recordings is None:
            yield Result.skipped("recordings", route, "all", "the recordings are missing; CORPORA names their folder")
            continue
        reader = readers.of(route, f"{judge.recorder.url}/v1", KEY)
        for path in sorted((recordings / route).iterdir()):
            if path.suffix in (".sse", ".lines") and wanted(route, path.name) and finishes(path):
                outcome = received(judge, route, path)
                yield compared(judge, reader, route, path, outcome)
                for target in judge.vendors:
                    failures = sent_back(judge, target, outcome)
                    yield Result.of("recordings sent back", target, f"{path.name} of {route}", failures)


def finishes(path: Path) -> bool:
    expected = json.loads(path.with_name(f"{path.name}.expected.json").read_text(encoding="utf-8"))
    return expected["outcome"] == "finish"


def received(judge: Judge, route: str, path: Path) -> Outcome:
    """The recording, read by the component."""
    request = sdk_streams.request_of(cases.MODELS[route][0], True, True)
    judge.recorder.streams = [framed(route, path)]
    return judge.component.chat({**request, "route": route}, f"{judge.recorder.url}/v1", KEY)


def sent_back(judge: Judge, route: str, outcome: Outcome) -> list[str]:
    """The next turn of the conversation."""
    messages = [cases.user("Hi."), outcome.message, *conversations.results_of(outcome), cases.user("Go on.")]
    request = {"model": cases.MODELS[route][0], "messages": messages, "reasoning": {"effort": "high"}}
    return judge.send(route, request, streams.Turn(text="Fine."))[1]


def compared(judge: Judge, reader: Any, route: str, path: Path, outcome: Outcome) -> Result:
    name, model = path.name, cases.MODELS[route][0]
    judge.recorder.streams = [framed(route, path)]
    if outcome.failures:
        return Result.of("recordings", route, name, outcome.failures)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reading = reader.read(judge.recorder.requests[-1].body, model)
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
