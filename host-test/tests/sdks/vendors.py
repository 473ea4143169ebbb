"""Checks request bodies with the vendors' own SDKs.

Each vendor has two judges. `complaints` validates a body against the SDK's request types. `differences` gives the body's
values to the SDK as a program would, lets it send them, and compares what arrives: its own path, version header and body.
The types say what a program may pass to the SDK; only the second judge shows what goes over the wire.
"""

from __future__ import annotations

import functools
import json
import re
import warnings
from typing import Any
from urllib.parse import unquote, urlsplit

import anthropic
import openai
import pydantic
from anthropic.types import message_create_params
from anthropic.types.beta import message_create_params as beta_params
from google import genai
from google.genai import types as google_types
from openai.types.chat import completion_create_params
from openai.types.responses import response_create_params

import complaints
import typed_dicts
from recorder import Recorded, Recorder

# What the recorder refuses, so that an SDK's request ends at once; it has been recorded by then.
KEY = "sk-not-a-key"
VERSION = "anthropic-version"
BETA_BLOCKS = ("advisor_tool_result", "compaction", "mcp_tool_use", "fallback")


class Responses:
    """OpenAI's Responses, judged by `openai`."""

    route = "responses"
    package = "openai"

    def __init__(self, recorder: Recorder) -> None:
        self.recorder, self.client = recorder, openai_client(recorder)
        self.checker = typed_dicts.Checker(response_create_params.ResponseCreateParamsStreaming)
        self.has_completed = False

    def complaints(self, body: Any) -> list[str]:
        full = completed(body)
        self.has_completed |= full != body
        return self.checker.complaints(full)

    def notes(self) -> list[str]:
        added = (
            "the component sends past output without id and status, which the types require and the service does not"
        )
        return [f"{self.route}: {added}"] if self.has_completed else []

    def differences(self, request: Recorded) -> list[str]:
        create = self.client.responses.create
        return compare(request, sent_by(lambda: create(**request.body), openai.APIError, self.recorder))


class ChatCompletions:
    """OpenAI's chat completions, judged by `openai`."""

    route = "chat-completions"
    package = "openai"

    def __init__(self, recorder: Recorder) -> None:
        self.recorder, self.client = recorder, openai_client(recorder)
        self.checker = typed_dicts.Checker(completion_create_params.CompletionCreateParamsStreaming)

    def complaints(self, body: Any) -> list[str]:
        return self.checker.complaints(body)

    def notes(self) -> list[str]:
        return []

    def differences(self, request: Recorded) -> list[str]:
        create = self.client.chat.completions.create
        return compare(request, sent_by(lambda: create(**request.body), openai.APIError, self.recorder))


def openai_client(recorder: Recorder) -> openai.OpenAI:
    """One client for all requests: to make one takes longer than to send hundreds."""
    return openai.OpenAI(base_url=f"{recorder.refusing_url}/v1", api_key=KEY, max_retries=0)


def completed(body: Any) -> Any:
    """The body with the fields that OpenAI's types require of past output and the service does not.

    Under `store: false` the service looks no item up, and recorded requests without `id` were accepted. With an id, a
    rotated or foreign one would be looked up and refused (quirk 35). So the component sends none on purpose.
    """
    if not isinstance(body, dict) or not isinstance(body.get("input"), list) or body.get("store") is not False:
        return body
    items = []
    for item in body["input"]:
        if isinstance(item, dict) and item.get("type") == "reasoning" and item.get("encrypted_content"):
            item = {"id": "rs_1", **item}
        elif is_past_output(item):
            item = {"id": "msg_1", "status": "completed", **item}
        items.append(item)
    return {**body, "input": items}


def is_past_output(item: Any) -> bool:
    """Whether this is a message of the assistant in the form of a response. One whose content is a text needs no id."""
    is_message = isinstance(item, dict) and item.get("type") == "message" and item.get("role") == "assistant"
    return is_message and isinstance(item.get("content"), list)


class Messages:
    """Anthropic's Messages, judged by `anthropic`."""

    route = "messages"
    package = "anthropic"

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.client = anthropic.Anthropic(base_url=recorder.refusing_url, api_key=KEY, max_retries=0)
        self.checker = typed_dicts.Checker(message_create_params.MessageCreateParamsStreaming)
        self.versions: tuple[str | None, str | None] = (None, None)
        self.has_sampling = False
        self.beta = typed_dicts.Checker(beta_params.MessageCreateParamsStreaming)

    def complaints(self, body: Any) -> list[str]:
        known, sampling = without_sampling(body)
        self.has_sampling |= bool(sampling)
        lines = [f"{name}: {value!r} is not between 0 and 1" for name, value in sampling.items() if not 0 <= value <= 1]
        # A response has blocks of beta only if the caller requested them. They have types of their own.
        is_of_beta = any(f'"type": "{kind}"' in json.dumps(known) for kind in BETA_BLOCKS)
        return lines + (self.beta if is_of_beta else self.checker).complaints(known)

    def differences(self, request: Recorded) -> list[str]:
        known, sampling = without_sampling(request.body)
        create = self.client.messages.create
        sent = sent_by(lambda: create(**known, extra_body=sampling), anthropic.APIError, self.recorder)
        lines = compare(request, sent)
        # Its value is not compared: the component sends the version that the service documents, and a new version of the
        # SDK must not fail this test. `notes` shows both.
        if VERSION in sent.headers and VERSION not in request.headers:
            lines.append(f"header {VERSION}: missing; the SDK sends {sent.headers[VERSION]}")
        self.versions = (request.headers.get(VERSION), sent.headers.get(VERSION))
        return lines

    def notes(self) -> list[str]:
        ours, theirs = self.versions
        notes = [f"{VERSION}: the component sends {ours}, the SDK {theirs}"] if ours != theirs else []
        if self.has_sampling:
            notes.append(
                "messages: the component sends temperature and top_p to older models; this SDK has no such fields"
            )
        return notes


# The models that take a temperature. The current ones refuse it, and with them the SDK has dropped the fields.
WITH_SAMPLING = re.compile("claude-3|claude-(opus|sonnet|haiku)-4(-[0-6])?(-2|$)|kimi")


def without_sampling(body: Any) -> tuple[Any, dict[str, Any]]:
    """The body without what only older models take, and that."""
    if not isinstance(body, dict) or not WITH_SAMPLING.match(str(body.get("model"))):
        return body, {}
    sampling = {name: body[name] for name in ("temperature", "top_p") if isinstance(body.get(name), int | float)}
    return {name: value for name, value in body.items() if name not in sampling}, sampling


class Gemini:
    """Google's generateContent, judged by `google-genai`."""

    route = "gemini"
    package = "google-genai"

    # Which type of the SDK describes each field of the body. The SDK has no type for the whole body: its programs pass
    # one `config` with everything, which it distributes.
    FIELDS: dict[str, Any] = {
        "contents": list[google_types.Content],
        "systemInstruction": google_types.Content,
        "tools": list[google_types.Tool],
        "toolConfig": google_types.ToolConfig,
        "generationConfig": google_types.GenerationConfig,
        "safetySettings": list[google_types.SafetySetting],
        "cachedContent": str,
    }

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        # The version that the service documents. The SDK's own default changes with its versions.
        options = google_types.HttpOptions(base_url=recorder.refusing_url, api_version="v1beta")
        self.client = genai.Client(api_key=KEY, http_options=options)

    def complaints(self, body: Any) -> list[str]:
        if not isinstance(body, dict):
            return ["body: is not an object"]
        lines = [f"{name}: the SDK has no such field" for name in body if name not in self.FIELDS]
        if "contents" not in body:
            lines.append("contents: Field required")
        for name, annotation in self.FIELDS.items():
            if name in body:
                lines += read_again(annotation, body[name], name)
        return lines

    def notes(self) -> list[str]:
        return []

    def differences(self, request: Recorded) -> list[str]:
        body = dict(request.body)
        contents = parsed(list[google_types.Content], body.pop("contents"))
        config = {**body.pop("generationConfig", {}), **body}
        model = unquote(urlsplit(request.path).path.rpartition("/models/")[2].partition(":")[0])

        def send() -> None:
            # A program gets an iterator, and the request is sent when it reads.
            settings = parsed(google_types.GenerateContentConfig, config)
            list(self.client.models.generate_content_stream(model=model, contents=contents, config=settings))

        sent = sent_by(send, genai.errors.APIError, self.recorder)
        # The SDK writes nested fields in Python's spelling, which Google accepts and the gateway reads only in part.
        sent.body = {
            name: written(self.FIELDS[name], value) for name, value in sent.body.items() if name in self.FIELDS
        }
        return compare(request, sent)


def written(annotation: Any, value: Any) -> Any:
    """The value as JSON, in the spelling of the wire."""
    return json.loads(adapter(annotation).dump_json(parsed(annotation, value), by_alias=True, exclude_unset=True))


def parsed(annotation: Any, value: Any) -> Any:
    # From JSON text, since only there pydantic decodes base64 into the SDK's `bytes`.
    return adapter(annotation).validate_json(json.dumps(value))


@functools.cache
def adapter(annotation: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(annotation)


def read_again(annotation: Any, value: Any, place: str) -> list[str]:
    """Reads a value with a type of google-genai and writes it again, and compares the two.

    The SDK's models forbid unknown keys, but they accept Python's spelling (`inline_data`), enums in lower case and
    numbers as text, and they only warn of unknown enum values. The service does none of that.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            again = written(annotation, value)
    except pydantic.ValidationError as error:
        return [f"{place}.{line}".replace(f"{place}.[", f"{place}[") for line in complaints.of(error, value)]
    except UserWarning as warning:
        return [f"{place}: {warning}"]
    return compared(value, again, place, "the SDK writes")


def sent_by(send: Any, refused: type[Exception], recorder: Recorder) -> Recorded:
    """The request that an SDK sends. A refusal of the SDK itself, before it sends, is raised."""
    seen = len(recorder.refused)
    try:
        with warnings.catch_warnings():
            # The SDKs warn of models that their vendor retires.
            warnings.simplefilter("ignore")
            send()
    except refused:
        if len(recorder.refused) == seen:
            raise
    return recorder.refused[-1]


def compare(ours: Recorded, theirs: Recorded) -> list[str]:
    lines = [] if ours.path == theirs.path else [f"path: {ours.path}, the SDK requests {theirs.path}"]
    return lines + compared(ours.body, theirs.body, "", "the SDK sends")


def compared(ours: Any, theirs: Any, place: str, verb: str) -> list[str]:
    """Where two JSON values differ. Numbers compare by value, and base64 in either alphabet."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        lines = []
        for key in dict.fromkeys([*ours, *theirs]):
            inner = f"{place}.{key}".lstrip(".")
            if key not in theirs:
                lines.append(f"{inner}: {verb} no such field")
            elif key not in ours:
                lines.append(f"{inner}: missing; {verb} {json.dumps(theirs[key])[:80]}")
            else:
                lines += compared(ours[key], theirs[key], inner, verb)
        return lines
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [line for n, (one, other) in pairs for line in compared(one, other, f"{place}[{n}]", verb)]
    if same_scalar(ours, theirs, place.rpartition(".")[2]):
        return []
    return [f"{place}: {json.dumps(ours)[:80]}; {verb} {json.dumps(theirs)[:80]}"]


def same_scalar(ours: Any, theirs: Any, key: str) -> bool:
    if isinstance(ours, bool) != isinstance(theirs, bool):
        return False
    if key in ("data", "thoughtSignature") and isinstance(ours, str) and isinstance(theirs, str):
        return ours == theirs or ours == theirs.replace("-", "+").replace("_", "/")
    return ours == theirs


def all_vendors(recorder: Recorder) -> list[Any]:
    return [ChatCompletions(recorder), Responses(recorder), Messages(recorder), Gemini(recorder)]
