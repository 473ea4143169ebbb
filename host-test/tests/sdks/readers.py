"""Reads streams with the vendors' SDKs, and puts the result into the contract's terms.

Each SDK assembles the response itself (`get_final_response`, `get_final_message`); the deltas that it hands out on the way
are joined as well, and have to give the same text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import anthropic
import openai
from google import genai
from google.genai import types as google_types

from component import as_json

PROMPT = "What is the weather in Lisbon?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@dataclass
class Reading:
    """A response as an SDK reads it."""

    text: str = ""
    # What the deltas give, where the SDK assembles the text as well.
    joined: str = ""
    reasoning: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    # The wire's own reason.
    finish: str | None = None
    usage: dict[str, int | None] = field(default_factory=dict)


class Responses:
    """`openai`."""

    def __init__(self, base_url: str, key: str) -> None:
        self.client = openai.OpenAI(base_url=base_url, api_key=key, max_retries=0)

    def read(self, body: dict[str, Any], model: str) -> Reading:
        reading, incomplete = Reading(), None
        with self.client.responses.stream(**without_stream(body)) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    reading.joined += event.delta
                elif event.type == "response.incomplete":
                    # The SDK assembles it and hands it out here; `get_final_response` has only completed ones.
                    incomplete = event.response
            response = incomplete or stream.get_final_response()
        for item in response.output:
            match item.type:
                case "message":
                    reading.text += "".join(part.text for part in item.content if part.type == "output_text")
                case "reasoning":
                    parts = item.content or item.summary
                    reading.reasoning += "\n\n".join(part.text for part in parts)
                case "function_call":
                    reading.calls.append((item.name, as_json(item.arguments)))
                case "custom_tool_call":
                    reading.calls.append((item.name, item.input))
        # Some servers repeat no items in the last event. Then a program has the text of the deltas alone.
        reading.text = reading.text if response.output else reading.joined
        details = response.incomplete_details
        reading.finish = (details.reason if details else None) or response.status
        if usage := response.usage:
            reading.usage = {
                "input": usage.input_tokens,
                "output": usage.output_tokens,
                "total": usage.total_tokens,
                "cache-read": usage.input_tokens_details.cached_tokens if usage.input_tokens_details else None,
                "reasoning": usage.output_tokens_details.reasoning_tokens if usage.output_tokens_details else None,
            }
        return reading


class Messages:
    """`anthropic`."""

    def __init__(self, base_url: str, key: str) -> None:
        # As the component does: the gateway accepts a bearer token on every route.
        self.client = anthropic.Anthropic(base_url=root(base_url), auth_token=key, max_retries=0)

    def read(self, body: dict[str, Any], model: str) -> Reading:
        reading = Reading()
        with self.client.messages.stream(**without_stream(body)) as stream:
            for event in stream:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    reading.joined += event.delta.text
            message = stream.get_final_message()
        for block in message.content:
            match block.type:
                case "text":
                    reading.text += block.text
                case "thinking":
                    reading.reasoning += block.thinking
                case "tool_use":
                    reading.calls.append((block.name, block.input))
        reading.finish = message.stop_reason
        if usage := message.usage:
            cached = (usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
            reading.usage = {
                "input": (usage.input_tokens or 0) + sum(count or 0 for count in cached),
                "output": usage.output_tokens,
                "cache-read": cached[0],
                "cache-write": cached[1],
            }
        return reading


class Gemini:
    """`google-genai`."""

    def __init__(self, base_url: str, key: str) -> None:
        # The SDK sends its own header with the key in it; the gateway reads the bearer token where both are the same.
        headers = {"authorization": f"Bearer {key}"}
        options = google_types.HttpOptions(base_url=root(base_url), api_version="v1beta", headers=headers)
        self.client = genai.Client(api_key=key, http_options=options)

    def read(self, body: dict[str, Any], model: str) -> Reading:
        reading = Reading()
        # As extra fields: the SDK writes nested fields in Python's spelling, which Google accepts, and of which the gateway,
        # and so the stand-in, reads only a part.
        settings = google_types.GenerateContentConfig(http_options=google_types.HttpOptions(extra_body=body))
        # The SDK assembles nothing: each chunk is a response.
        for chunk in self.client.models.generate_content_stream(model=model, contents=PROMPT, config=settings):
            self.add(reading, chunk)
        reading.joined = reading.text
        return reading

    @staticmethod
    def add(reading: Reading, chunk: google_types.GenerateContentResponse) -> None:
        for candidate in chunk.candidates or []:
            for part in (candidate.content.parts if candidate.content else None) or []:
                if part.function_call and part.function_call.name:
                    reading.calls.append((part.function_call.name, part.function_call.args or {}))
                elif part.thought:
                    reading.reasoning += part.text or ""
                else:
                    reading.text += part.text or ""
            if candidate.finish_reason:
                reading.finish = candidate.finish_reason.value
        if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
            reading.finish = chunk.prompt_feedback.block_reason.value
        if usage := chunk.usage_metadata:
            outputs = (usage.candidates_token_count, usage.thoughts_token_count)
            inputs = (usage.prompt_token_count, usage.tool_use_prompt_token_count)
            reading.usage = {
                "input": sum(count or 0 for count in inputs),
                "output": sum(count or 0 for count in outputs),
                "total": usage.total_token_count,
                "cache-read": usage.cached_content_token_count,
                "reasoning": usage.thoughts_token_count,
            }


def without_stream(body: dict[str, Any]) -> dict[str, Any]:
    """The body as arguments of the SDK's function that streams."""
    return {name: value for name, value in body.items() if name != "stream"}


def root(base_url: str) -> str:
    return base_url.removesuffix("/v1")


def of(route: str, base_url: str, key: str) -> Any:
    return {"responses": Responses, "messages": Messages, "gemini": Gemini}[route](base_url, key)


# The contract's finish reason for the wire's. A call turns Google's `STOP`, and OpenAI's `completed`, into `tool-calls`.
FINISHES = {
    "completed": "stop",
    "complete": "stop",
    "max_output_tokens": "length",
    "content_filter": "content-filter",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool-calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content-filter",
    "RECITATION": "content-filter",
    "PROHIBITED_CONTENT": "content-filter",
    "BLOCKLIST": "content-filter",
}


def disagreements(reading: Reading, outcome: Any) -> list[str]:
    """Where the SDK and the component read something else from the same stream."""
    lines = list(outcome.failures)
    pairs: list[tuple[str, Any, Any]] = [
        ("text", reading.text, outcome.text),
        ("text of the deltas", reading.joined, outcome.text),
        ("reasoning", reading.reasoning, outcome.reasoning),
        ("calls", reading.calls, outcome.calls),
        ("finish", contract_finish(reading, outcome), outcome.finish),
    ]
    for name, count in reading.usage.items():
        # What the SDK does not know is 0 or none there; the component says none.
        if count and (outcome.usage.get(name) is not None or name in ("input", "output")):
            pairs.append((f"usage: {name}", count, outcome.usage.get(name)))
    for name, theirs, ours in pairs:
        if theirs != ours:
            lines.append(f"{name}: the SDK reads {shown(theirs)}, the component {shown(ours)}")
    return lines


def contract_finish(reading: Reading, outcome: Any) -> str:
    if reading.finish is None:
        return "unknown"
    # No host may wait for the results of calls that are not there.
    if reading.finish == "tool_use" and not reading.calls:
        return reading.finish
    finish = FINISHES.get(reading.finish, reading.finish)
    if finish == "stop" and reading.calls:
        return "tool-calls"
    return "refusal" if finish == "stop" and outcome.refusal and not reading.text else finish


def shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]
