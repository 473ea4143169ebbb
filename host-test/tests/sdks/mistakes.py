"""Bodies of each route that are right, and changes that make them wrong. They are written by hand from the vendors'
documentation, independent of the component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CHAT_COMPLETIONS = {
    "model": "gpt-5.1",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "stream": True,
    "stream_options": {"include_usage": True},
}

RESPONSES = {
    "model": "gpt-5.5",
    "instructions": "Be brief.",
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is this?"},
                {"type": "input_image", "image_url": "https://example.org/cat.png", "detail": "auto"},
            ],
        },
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAA"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "sunny"},
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "A cat.", "annotations": []},
            ],
        },
    ],
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}],
    "tool_choice": {"type": "function", "name": "f"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}},
    "reasoning": {"effort": "high", "summary": "auto"},
    "include": ["reasoning.encrypted_content"],
    "store": False,
    "stream": True,
}

MESSAGES = {
    "model": "claude-opus-4-8",
    "max_tokens": 1000,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"x": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny", "is_error": False},
            ],
        },
    ],
    "tools": [{"name": "f", "input_schema": {"type": "object"}, "strict": True}],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    "thinking": {"type": "adaptive", "display": "summarized"},
    "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    "stream": True,
}

GEMINI = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {
            "role": "user",
            "parts": [
                {"text": "What is this?"},
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
            ],
        },
        {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"x_y": 1}}, "thoughtSignature": "c2ln"}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"result": "sunny"}}}]},
    ],
    "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "generationConfig": {"temperature": 1, "maxOutputTokens": 100, "thinkingConfig": {"thinkingLevel": "HIGH"}},
}


def item(index: int, **fields: Any) -> Callable[[Any], None]:
    return lambda body: body["input"][index].update(fields)


def renamed(holder: dict[str, Any], old: str, new: str) -> None:
    holder[new] = holder.pop(old)


# The name of a mistake, the change that makes it, and the place that the complaint must name.
MISTAKES: dict[str, tuple[Any, list[tuple[str, Callable[[Any], Any], str]]]] = {
    "chat-completions": (
        CHAT_COMPLETIONS,
        [
            (
                "input_text in a message",
                lambda b: b["messages"][1]["content"][0].update(type="input_text"),
                "messages[1].content[0]",
            ),
            ("a flat tool", lambda b: b["tools"].append({"type": "function", "name": "g"}), "tools[1].function"),
            (
                "arguments as an object",
                lambda b: b["messages"][2]["tool_calls"][0]["function"].update(arguments={}),
                "messages[2].tool_calls[0].function.arguments",
            ),
            (
                "a field of another vendor",
                lambda b: b["messages"][2].update(reasoning_content="hm"),
                "messages[2].reasoning_content",
            ),
            ("an unknown role", lambda b: b["messages"][3].update(role="result"), "messages[3]"),
            ("thinking of Messages", lambda b: b.update(thinking={"type": "adaptive"}), "thinking"),
        ],
    ),
    "responses": (
        RESPONSES,
        [
            (
                "input_text for the assistant",
                lambda b: b["input"][4]["content"][0].update(type="input_text"),
                "input[4].content[0]",
            ),
            (
                "the chat completions form of a tool",
                lambda b: b["tools"].append({"type": "function", "function": {"name": "g"}}),
                "tools[1].name",
            ),
            ("a tool without strict", lambda b: b["tools"][0].pop("strict"), "tools[0].strict"),
            (
                "an image address in an object",
                lambda b: b["input"][0]["content"][1].update(image_url={"url": "https://x"}),
                "input[0].content[1].image_url",
            ),
            (
                "an unknown key of a part",
                lambda b: b["input"][0]["content"][0].update(cache_control={"type": "ephemeral"}),
                "input[0].content[0].cache_control",
            ),
            ("reasoning without a summary", lambda b: b["input"][1].pop("summary"), "input[1].summary"),
            ("reasoning by id alone", lambda b: b["input"][1].pop("encrypted_content"), "input[1].id"),
            ("arguments as an object", item(2, arguments={}), "input[2].arguments"),
            ("a result with an error flag", item(3, is_error=True), "input[3].is_error"),
            ("an unknown item", item(3, type="tool_result"), "input[3]"),
            ("a stop sequence", lambda b: b.update(stop=["x"]), "stop"),
            ("an unknown effort", lambda b: b["reasoning"].update(effort="huge"), "reasoning.effort"),
            (
                "response_format of chat completions",
                lambda b: b.update(response_format={"type": "json_object"}),
                "response_format",
            ),
            ("a number as text", lambda b: b.update(max_output_tokens="100"), "max_output_tokens"),
        ],
    ),
    "messages": (
        MESSAGES,
        [
            ("no max_tokens", lambda b: b.pop("max_tokens"), "max_tokens"),
            (
                "thinking without a signature",
                lambda b: b["messages"][1]["content"][0].pop("signature"),
                "messages[1].content[0].signature",
            ),
            (
                "input as text",
                lambda b: b["messages"][1]["content"][1].update(input="{}"),
                "messages[1].content[1].input",
            ),
            (
                "an unknown key of a block",
                lambda b: b["messages"][0]["content"][0].update(annotations=[]),
                "messages[0].content[0].annotations",
            ),
            ("the role tool", lambda b: b["messages"][2].update(role="tool"), "messages[2]"),
            (
                "an image as OpenAI has it",
                lambda b: b["messages"][0]["content"][1].update(type="image_url"),
                "messages[0].content[1]",
            ),
            (
                "a cache mark without its type",
                lambda b: b["system"][0].update(cache_control={"ttl": "5m"}),
                "system[0].cache_control.type",
            ),
            (
                "a tool as OpenAI has it",
                lambda b: renamed(b["tools"][0], "input_schema", "parameters"),
                "tools[0].input_schema",
            ),
            (
                "a schema that is no object",
                lambda b: b["tools"][0].update(input_schema={"type": "string"}),
                "tools[0].input_schema.type",
            ),
            ("tool choice as text", lambda b: b.update(tool_choice="auto"), "tool_choice"),
            ("an unknown effort", lambda b: b["output_config"].update(effort="minimal"), "output_config.effort"),
            ("stop of chat completions", lambda b: b.update(stop=["x"]), "stop"),
            ("a temperature on a current model", lambda b: b.update(temperature=0.5), "temperature"),
            (
                "a budget as text",
                lambda b: b.update(thinking={"type": "enabled", "budget_tokens": "1024"}),
                "thinking.budget_tokens",
            ),
        ],
    ),
    "gemini": (
        GEMINI,
        [
            (
                "snake_case in a part",
                lambda b: renamed(b["contents"][0]["parts"][1], "inlineData", "inline_data"),
                "contents[0].parts[1].inline_data",
            ),
            (
                "snake_case in the config",
                lambda b: renamed(b["generationConfig"], "maxOutputTokens", "max_output_tokens"),
                "generationConfig.max_output_tokens",
            ),
            (
                "snake_case at the top",
                lambda b: renamed(b, "systemInstruction", "system_instruction"),
                "system_instruction",
            ),
            (
                "an unknown field of a part",
                lambda b: b["contents"][0]["parts"][0].update(cacheControl={}),
                "contents[0].parts[0].cacheControl",
            ),
            (
                "args as text",
                lambda b: b["contents"][1]["parts"][0]["functionCall"].update(args="{}"),
                "contents[1].parts[0].functionCall.args",
            ),
            (
                "a response as text",
                lambda b: b["contents"][2]["parts"][0]["functionResponse"].update(response="sunny"),
                "contents[2].parts[0].functionResponse.response",
            ),
            (
                "a mode in lower case",
                lambda b: b["toolConfig"]["functionCallingConfig"].update(mode="any"),
                "toolConfig.functionCallingConfig.mode",
            ),
            (
                "an unknown mode",
                lambda b: b["toolConfig"]["functionCallingConfig"].update(mode="REQUIRED"),
                "toolConfig",
            ),
            (
                "an unknown thinking level",
                lambda b: b["generationConfig"]["thinkingConfig"].update(thinkingLevel="MAX"),
                "generationConfig",
            ),
            (
                "a number as text",
                lambda b: b["generationConfig"].update(maxOutputTokens="100"),
                "generationConfig.maxOutputTokens",
            ),
            ("tools in OpenAI's form", lambda b: b.update(tools=[{"type": "function", "name": "f"}]), "tools[0]"),
            ("a field of the URL", lambda b: b.update(model="gemini-3-pro"), "model"),
        ],
    ),
}
