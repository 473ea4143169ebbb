"""Requests in the contract's terms. Together they use every field that a route has to encode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# The smallest files that their formats allow, so that no test file is needed.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjcKJeLjz9MK"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="

# Models whose abilities differ: they take reasoning, sampling, schemas and limits in different ways. The first one is used
# for everything that does not depend on the model.
MODELS = {
    "chat-completions": ["gpt-5.1", "gpt-4.1"],
    "responses": ["gpt-5.6-sol", "gpt-5.1", "gpt-5-pro", "o3", "gpt-4.1", "grok-4.20"],
    "messages": [
        "claude-opus-5",
        "claude-opus-4-6",
        "claude-opus-4-5",
        "claude-sonnet-4-5",
        "claude-sonnet-4",
        "claude-3-haiku-20240307",
        "claude-fable-5",
        "kimi-k2.5",
    ],
    "gemini": [
        "gemini-3.1-pro-preview",
        "gemini-3-flash-preview",
        "gemini-2.5-pro",
        "gemini-2.5-flash",
        "gemini-2.0-flash",
    ],
}


@dataclass
class Case:
    """One request, to be checked on a route."""

    name: str
    route: str
    request: dict[str, Any]


def user(*content: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(content)}


def assistant(*content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(content)}


def call(id: str, name: str = "get_weather", arguments: Any = None) -> dict[str, Any]:
    return {"part": "tool-call", "id": id, "name": name, "arguments-json": arguments or {"city": "Paris"}}


def results(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "tool", "content": list(parts)}


def result(id: str, text: str, **more: Any) -> dict[str, Any]:
    return {"part": "tool-result", "call-id": id, "name": "get_weather", "text": text, **more}


def inline(part: str, data: str, media_type: str, name: str | None = None) -> dict[str, Any]:
    named = {"name": name} if name else {}
    return {"part": part, "source": {"inline": data}, "media-type": media_type, **named}


def linked(part: str, url: str, media_type: str) -> dict[str, Any]:
    return {"part": part, "source": {"url": url}, "media-type": media_type}


SYSTEM = {"role": "system", "content": "Be brief."}
HELLO = user("Hello")
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": ["integer", "null"]}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
TOOL = {"name": "get_weather", "description": "The weather of a city.", "parameters-json": PARAMETERS}
NO_PARAMETERS = {"name": "get_time"}
EMPTY_PARAMETERS = {"name": "get_date", "parameters-json": {}}
UNTYPED_PARAMETERS = {"name": "get_news", "parameters-json": {"properties": {"topic": {"type": "string"}}}}
SCHEMA = {"name": "capital", "schema-json": PARAMETERS, "strict": True}


def with_messages(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": list(messages), **fields}


def content() -> dict[str, dict[str, Any]]:
    """Messages of every kind. They are encoded alike for all models of a route."""
    image, pdf = inline("image", PNG, "image/png", "cat.png"), inline("file", PDF, "application/pdf", "a.pdf")
    question = user("Weather in Paris?")
    both = assistant("Both.", call("call_a"), call("call_b", arguments={"city": "Rome"}))
    return {
        "text": with_messages(HELLO),
        "system": with_messages(SYSTEM, HELLO),
        "several systems at the front": with_messages(SYSTEM, {"role": "system", "content": "In French."}, HELLO),
        "a late system": with_messages(
            SYSTEM, HELLO, assistant("Hi."), {"role": "system", "content": "Now rhyme."}, HELLO
        ),
        "a late system after the user": with_messages(SYSTEM, HELLO, {"role": "system", "content": "Now rhyme."}),
        "only a system": with_messages(SYSTEM),
        "the assistant first": with_messages(assistant("Hi."), HELLO),
        "the assistant last": with_messages(HELLO, assistant("It is")),
        "neighbours of one role": with_messages(
            HELLO, user("Are you there?"), assistant("Yes."), assistant("I am."), HELLO
        ),
        "empty texts": with_messages(user("", "Hello", " "), assistant(""), HELLO),
        "an image as data": with_messages(user("What is this?", image)),
        "an image at a URL": with_messages(user(linked("image", "https://example.org/cat.jpg", "image/jpeg"), "What?")),
        "an image as a data URL": with_messages(
            user(linked("image", f"data:image/png;base64,{PNG}", "image/png"), "What?")
        ),
        "a pdf as data": with_messages(user(pdf, "Summarise.")),
        "a pdf without a name": with_messages(user(inline("file", PDF, "application/pdf"), "Summarise.")),
        "a pdf at a URL": with_messages(
            user(linked("file", "https://example.org/a.pdf", "application/pdf"), "Summarise.")
        ),
        "a text file": with_messages(user(inline("file", "aGVsbG8=", "text/plain", "a.txt"), "Summarise.")),
        "a call and its result": with_messages(
            question, assistant(call("call_a")), results(result("call_a", "sunny")), tools=[TOOL]
        ),
        "a result that is JSON": with_messages(
            question, assistant(call("call_a")), results(result("call_a", '{"sky":"blue"}')), tools=[TOOL]
        ),
        "a result that is an error": with_messages(
            question,
            assistant(call("call_a")),
            results(result("call_a", "no such city", **{"is-error": True})),
            tools=[TOOL],
        ),
        "an empty result": with_messages(
            question, assistant(call("call_a")), results(result("call_a", "")), tools=[TOOL]
        ),
        "a result with an image": with_messages(
            question,
            assistant(call("call_a")),
            results(result("call_a", "a map", media=[{"source": {"inline": PNG}, "media-type": "image/png"}])),
            tools=[TOOL],
        ),
        "a result with a pdf alone": with_messages(
            question,
            assistant(call("call_a")),
            results(
                result(
                    "call_a", "", media=[{"source": {"inline": PDF}, "media-type": "application/pdf", "name": "a.pdf"}]
                )
            ),
            tools=[TOOL],
        ),
        "parallel calls": with_messages(
            question, both, results(result("call_a", "sunny")), results(result("call_b", "rain")), tools=[TOOL]
        ),
        "results in the other order": with_messages(
            question, both, results(result("call_b", "rain"), result("call_a", "sunny")), tools=[TOOL]
        ),
        "a call without a result": with_messages(
            question, both, results(result("call_a", "sunny")), user("And now?"), tools=[TOOL]
        ),
        "a result without a call": with_messages(question, results(result("call_x", "sunny")), tools=[TOOL]),
        "a call that was malformed": with_messages(
            question,
            assistant(call("call_a", arguments='{"city": "Pa')),
            results(result("call_a", "invalid", **{"is-error": True})),
            tools=[TOOL],
        ),
        "ids with other characters": with_messages(
            question,
            assistant(call("functions.get_weather:0/é" + "x" * 80)),
            results(result("functions.get_weather:0/é" + "x" * 80, "sunny")),
            tools=[TOOL],
        ),
        "calls without the tool": with_messages(
            question, assistant(call("call_a")), results(result("call_a", "sunny")), user("Thanks.")
        ),
        "reasoning without a proof": with_messages(HELLO, assistant({"part": "reasoning", "text": "hm"}, "Hi."), HELLO),
        "reasoning alone": with_messages(HELLO, assistant({"part": "reasoning", "text": "hm"}), HELLO),
        "cache marks": with_messages(
            {**SYSTEM, "cache-here": True},
            {**HELLO, "cache-here": True},
            assistant("Hi."),
            {**HELLO, "cache-here": True},
            assistant("Yes?"),
            {**HELLO, "cache-here": True},
            assistant("Yes."),
            {**HELLO, "cache-here": True},
            tools=[TOOL],
        ),
        "a cache mark on a result": with_messages(
            question,
            assistant(call("call_a")),
            {**results(result("call_a", "sunny")), "cache-here": True},
            tools=[TOOL],
        ),
        "a mark on reasoning": with_messages(
            HELLO, {**assistant({"part": "reasoning", "text": "hm"}), "cache-here": True}, HELLO
        ),
    }


def tools() -> dict[str, dict[str, Any]]:
    """Tools and the choice among them."""
    strict, loose = {**TOOL, "strict": True}, {**TOOL, "strict": False}
    all_kinds = [TOOL, NO_PARAMETERS, EMPTY_PARAMETERS, UNTYPED_PARAMETERS]
    choices = {
        f"tool choice {choice}": with_messages(HELLO, tools=[TOOL, NO_PARAMETERS], **{"tool-choice": choice})
        for choice in ("auto", "none", "required")
    }
    flags = {
        f"parallel calls {flag}": with_messages(HELLO, tools=[TOOL], **{"parallel-tool-calls": flag})
        for flag in (True, False)
    }
    no_parallel = {"parallel-tool-calls": False}
    return {
        "tools with and without parameters": with_messages(HELLO, tools=all_kinds),
        "a strict tool": with_messages(HELLO, tools=[strict]),
        "a tool that is not strict": with_messages(HELLO, tools=[loose]),
        "a strict tool beside another": with_messages(HELLO, tools=[strict, NO_PARAMETERS], **{"tool-choice": "auto"}),
        **choices,
        "a named tool": with_messages(HELLO, tools=[TOOL, NO_PARAMETERS], **{"tool-choice": {"named": "get_time"}}),
        "a named strict tool": with_messages(HELLO, tools=[strict], **{"tool-choice": {"named": "get_weather"}}),
        "a choice without tools": with_messages(HELLO, **{"tool-choice": "auto"}),
        **flags,
        "no parallel calls and a choice": with_messages(
            HELLO, tools=[TOOL], **no_parallel, **{"tool-choice": "required"}
        ),
        "no parallel calls and none": with_messages(HELLO, tools=[TOOL], **no_parallel, **{"tool-choice": "none"}),
        "no parallel calls without tools": with_messages(HELLO, **no_parallel),
        "tools and thinking and a choice": with_messages(
            HELLO, tools=[TOOL], reasoning={"effort": "high"}, **{"tool-choice": "required"}
        ),
    }


def options() -> dict[str, dict[str, Any]]:
    """Everything that a model may take or refuse, so it is tried on each model."""
    efforts = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
    text = {"include-text": True}
    return {
        "schema output": with_messages(HELLO, **{"response-format": {"json-schema": SCHEMA}}),
        "schema output that is not strict": with_messages(
            HELLO, **{"response-format": {"json-schema": {**SCHEMA, "strict": False}}}
        ),
        "schema output and tools": with_messages(HELLO, tools=[TOOL], **{"response-format": {"json-schema": SCHEMA}}),
        "any JSON": with_messages(user("Hello in JSON"), **{"response-format": "json-object"}),
        "text output": with_messages(HELLO, **{"response-format": "text"}),
        "stop sequences": with_messages(HELLO, stop=["END", "\n\n"]),
        "more stop sequences": with_messages(HELLO, stop=["a", "b", "c", "d", "e", "f", " "]),
        "temperature": with_messages(HELLO, temperature=0.5),
        "temperature 0": with_messages(HELLO, temperature=0),
        "temperature 2": with_messages(HELLO, temperature=2),
        "top-p": with_messages(HELLO, **{"top-p": 0.9}),
        "temperature and top-p": with_messages(HELLO, temperature=0.7, **{"top-p": 0.9}),
        "temperature and thinking": with_messages(HELLO, temperature=0.7, reasoning={"effort": "high"}),
        "penalties and seed": with_messages(HELLO, seed=7, **{"frequency-penalty": 0.5, "presence-penalty": -0.5}),
        "a large seed": with_messages(HELLO, seed=2**40),
        "a limit": with_messages(HELLO, **{"max-output-tokens": 500}),
        "a tiny limit": with_messages(HELLO, **{"max-output-tokens": 1}),
        "a tiny limit and thinking": with_messages(HELLO, reasoning={"effort": "high"}, **{"max-output-tokens": 1}),
        "a huge limit": with_messages(HELLO, **{"max-output-tokens": 4_000_000_000}),
        "a cache key": with_messages(HELLO, **{"cache-key": "conversation-1"}),
        "a long cache key": with_messages(HELLO, **{"cache-key": "k" * 200}),
        "a user": with_messages(HELLO, user="user-1"),
        **{f"effort {effort}": with_messages(HELLO, reasoning={"effort": effort}) for effort in efforts},
        "effort with text": with_messages(HELLO, reasoning={"effort": "high", **text}),
        "effort without text": with_messages(HELLO, reasoning={"effort": "high", "include-text": False}),
        "a budget": with_messages(HELLO, reasoning={"budget-tokens": 4096}, **{"max-output-tokens": 8000}),
        "a tiny budget": with_messages(HELLO, reasoning={"budget-tokens": 1}),
        "a huge budget": with_messages(HELLO, reasoning={"budget-tokens": 4_000_000_000}, **{"max-output-tokens": 100}),
        "effort and budget": with_messages(HELLO, reasoning={"effort": "low", "budget-tokens": 2048, **text}),
        "reasoning without effort": with_messages(HELLO, reasoning=text),
        "everything": with_messages(
            SYSTEM,
            HELLO,
            tools=[TOOL],
            reasoning={"effort": "medium", **text},
            temperature=1,
            stop=["END"],
            user="user-1",
            **{
                "cache-key": "c",
                "top-p": 1,
                "max-output-tokens": 20000,
                "parallel-tool-calls": False,
                "tool-choice": "auto",
            },
        ),
    }


# What the contract has and a route has not, as extra fields in the route's own terms.
EXTRA = {
    "chat-completions": {"service_tier": "auto"},
    "responses": {"truncation": "auto", "metadata": {"a": "b"}, "text": {"verbosity": "low"}},
    "messages": {"cache_control": {"type": "ephemeral", "ttl": "1h"}, "service_tier": "auto"},
    "gemini": {
        "generationConfig": {"topK": 40},
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
    },
}


def of_route(route: str) -> Iterator[Case]:
    first, *others = MODELS[route]
    for name, request in {**content(), **tools(), **options()}.items():
        yield Case(f"{name}, {first}", route, {"model": first, **request})
    for model in others:
        for name, request in {**tools(), **options()}.items():
            yield Case(f"{name}, {model}", route, {"model": model, **request})
    yield Case(
        f"extra fields, {first}",
        route,
        {"model": first, **with_messages(HELLO, temperature=1), "extra-json": EXTRA[route]},
    )
    if route == "gemini":
        audio = inline("audio", WAV, "audio/wav")
        yield Case(f"audio, {first}", route, {"model": first, **with_messages(user(audio, "Transcribe."))})
        video = inline("file", WAV, "video/mp4")
        yield Case(f"video, {first}", route, {"model": first, **with_messages(user(video, "Describe."))})
    else:
        # The component refuses it before it sends anything, with a reason that names the part.
        audio = inline("audio", WAV, "audio/wav")
        yield Case(f"audio, {first}", route, {"model": first, **with_messages(user(audio, "Transcribe."))})
