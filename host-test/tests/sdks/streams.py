"""Complete responses of each route, written after the vendors' documentation, for the recorder to play."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Turn:
    """What a response contains."""

    reasoning: str = ""
    # The vendor's proof of the reasoning, in base64: a signature, or encrypted content.
    proof: str = ""
    text: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    # Makes the ids of two turns differ.
    number: int = 1


def of(route: str, turn: Turn) -> str:
    """The body of the response, as Server-Sent Events."""
    return {
        "chat-completions": chat_completions,
        "responses": responses,
        "messages": messages,
        "gemini": gemini,
    }[route](turn)


def framed(events: list[dict[str, Any]], named: bool) -> str:
    lines = []
    for event in events:
        name = f"event: {event['type']}\n" if named else ""
        lines.append(f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n")
    return "".join(lines)


def halves(text: str) -> list[str]:
    """Two fragments, so that a reader has to join them."""
    middle = len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]


def chat_completions(turn: Turn) -> str:
    def chunk(delta: dict[str, Any], **more: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": None, **more}
        head = {"id": f"chatcmpl-{turn.number}", "object": "chat.completion.chunk", "created": 1780000000}
        return {**head, "model": "gpt-5.1", "choices": [choice]}

    chunks = [chunk({"role": "assistant", "content": ""})]
    # No reasoning: OpenAI does not send any on this route, and its types have no field to send it back.
    chunks += [chunk({"content": piece}) for piece in halves(turn.text)]
    for index, (name, arguments) in enumerate(turn.calls):
        head = {"index": index, "id": f"call_{turn.number}_{index}", "type": "function"}
        chunks.append(chunk({"tool_calls": [{**head, "function": {"name": name, "arguments": ""}}]}))
        for piece in halves(json.dumps(arguments)):
            chunks.append(chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}))
    chunks.append(chunk({}, finish_reason="tool_calls" if turn.calls else "stop"))
    details = {"completion_tokens_details": {"reasoning_tokens": 3}, "prompt_tokens_details": {"cached_tokens": 4}}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18, **details}
    chunks.append({**chunk({}), "choices": [], "usage": usage})
    return framed(chunks, named=False) + "data: [DONE]\n\n"


def responses(turn: Turn) -> str:
    events: list[dict[str, Any]] = []
    done: list[dict[str, Any]] = []

    def emit(kind: str, **fields: Any) -> None:
        events.append({"type": kind, "sequence_number": len(events), **fields})

    def response(status: str, output: list[Any], usage: Any) -> dict[str, Any]:
        head = {"id": f"resp_{turn.number}", "object": "response", "created_at": 1780000000, "status": status}
        settings = {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True, "temperature": 1.0, "top_p": 1.0}
        rest = {"instructions": None, "metadata": {}, "error": None, "incomplete_details": None}
        return {**head, "model": "gpt-5.6-sol", "output": output, "usage": usage, **settings, **rest}

    def item(start: dict[str, Any], end: dict[str, Any], inside: list[tuple[str, dict[str, Any]]]) -> None:
        index = len(done)
        emit("response.output_item.added", output_index=index, item=start)
        for kind, fields in inside:
            emit(kind, item_id=start["id"], output_index=index, **fields)
        emit("response.output_item.done", output_index=index, item=end)
        done.append(end)

    emit("response.created", response=response("in_progress", [], None))
    emit("response.in_progress", response=response("in_progress", [], None))
    if turn.reasoning:
        head = {"id": f"rs_{turn.number}", "type": "reasoning"}
        part = {"type": "summary_text", "text": turn.reasoning}
        summary = "response.reasoning_summary_"
        deltas = [(summary + "text.delta", {"summary_index": 0, "delta": piece}) for piece in halves(turn.reasoning)]
        inside = [
            (summary + "part.added", {"summary_index": 0, "part": {**part, "text": ""}}),
            *deltas,
            (summary + "text.done", {"summary_index": 0, "text": turn.reasoning}),
            (summary + "part.done", {"summary_index": 0, "part": part}),
        ]
        # What the service sends first is incomplete; only the last form can be sent back.
        start = {**head, "summary": [], "encrypted_content": turn.proof[:4]}
        item(start, {**head, "summary": [part], "encrypted_content": turn.proof}, inside)
    if turn.text:
        head = {"id": f"msg_{turn.number}", "type": "message", "role": "assistant"}
        part = {"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []}
        at = {"content_index": 0}
        deltas = [("response.output_text.delta", {**at, "delta": piece, "logprobs": []}) for piece in halves(turn.text)]
        inside = [
            ("response.content_part.added", {**at, "part": {**part, "text": ""}}),
            *deltas,
            ("response.output_text.done", {**at, "text": turn.text, "logprobs": []}),
            ("response.content_part.done", {**at, "part": part}),
        ]
        end = {**head, "status": "completed", "content": [part]}
        item({**head, "status": "in_progress", "content": []}, end, inside)
    for index, (name, arguments) in enumerate(turn.calls):
        text = json.dumps(arguments)
        call_id = f"call_{turn.number}_{index}"
        head = {"id": f"fc_{turn.number}_{index}", "type": "function_call", "call_id": call_id, "name": name}
        inside = [("response.function_call_arguments.delta", {"delta": piece}) for piece in halves(text)]
        inside.append(("response.function_call_arguments.done", {"arguments": text, "name": name}))
        end = {**head, "status": "completed", "arguments": text}
        item({**head, "status": "in_progress", "arguments": ""}, end, inside)
    usage = {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 18,
    }
    emit("response.completed", response=response("completed", done, usage))
    return framed(events, named=True)


def messages(turn: Turn) -> str:
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if turn.reasoning:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in halves(turn.reasoning)]
        deltas.append({"type": "signature_delta", "signature": turn.proof})
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, deltas))
    if turn.text:
        blocks.append(
            ({"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in halves(turn.text)])
        )
    for index, (name, arguments) in enumerate(turn.calls):
        pieces = ["", *halves(json.dumps(arguments))]
        start = {"type": "tool_use", "id": f"toolu_{turn.number}_{index}", "name": name, "input": {}}
        blocks.append((start, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]))
    cached = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 4}
    head = {"id": f"msg_{turn.number}", "type": "message", "role": "assistant", "model": "claude-opus-5"}
    start_usage = {"input_tokens": 7, "output_tokens": 1, **cached}
    message = {**head, "content": [], "stop_reason": None, "stop_sequence": None, "usage": start_usage}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, (start, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "ping"}] if index == 0 else []
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    stop = {"stop_reason": "tool_use" if turn.calls else "end_turn", "stop_sequence": None}
    events.append({"type": "message_delta", "delta": stop, "usage": {"input_tokens": 7, "output_tokens": 7, **cached}})
    events.append({"type": "message_stop"})
    return framed(events, named=True)


def gemini(turn: Turn) -> str:
    parts = [{"text": piece, "thought": True} for piece in halves(turn.reasoning)]
    parts += [{"text": piece} for piece in halves(turn.text)]
    signature = {"thoughtSignature": turn.proof} if turn.proof else {}
    for index, (name, arguments) in enumerate(turn.calls):
        # Only the first of parallel calls is signed.
        parts.append({"functionCall": {"name": name, "args": arguments}, **(signature if index == 0 else {})})
    if turn.text and not turn.calls and signature:
        parts.append({"text": "", **signature})
    counts = {"promptTokenCount": 11, "cachedContentTokenCount": 4, "thoughtsTokenCount": 3, "totalTokenCount": 18}
    last = {"candidatesTokenCount": 4, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 11}], **counts}
    chunks = []
    for index, part in enumerate(parts):
        candidate: dict[str, Any] = {"content": {"role": "model", "parts": [part]}, "index": 0}
        is_last = index == len(parts) - 1
        candidate |= {"finishReason": "STOP"} if is_last else {}
        usage = last if is_last else {"promptTokenCount": 11, "totalTokenCount": 11}
        head = {"modelVersion": "gemini-3.1-pro-preview", "responseId": f"r{turn.number}"}
        chunks.append({"candidates": [candidate], "usageMetadata": usage, **head})
    return framed(chunks, named=False)
