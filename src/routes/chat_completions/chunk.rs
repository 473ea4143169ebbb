//! The fields of a chunk and of a whole response, which differ only in `delta` and `message`.
//!
//! Only fields that are used are declared, so that a vendor's change of another one cannot break the reading.
//! Structures are lenient and leaves are raw, see [`crate::json`].

use super::finish_reason;
use crate::json::{First, Many, Object, Raw, RawValue, Slot, Structure, structure};

#[derive(Debug, Default)]
pub(super) struct Chunk<'a> {
    pub id: Raw<'a>,
    pub model: Raw<'a>,
    pub created: Raw<'a>,
    /// `"error"` in errors of vLLM's form [18]. Its other values are wrong too often to rely on.
    pub object: Raw<'a>,
    /// The first one only [10]. More than one is never requested.
    pub choices: First<Choice<'a>>,
    pub usage: Raw<'a>,
    /// Groq puts the usage of a stream here.
    pub x_groq: Object<UsageHolder<'a>>,
    pub error: Raw<'a>,
    /// `false` in an error of new-api and its relatives [18].
    pub success: Raw<'a>,
    /// MiniMax's status, with which it ends each stream and reports each error [73].
    pub base_resp: Raw<'a>,
    /// `"error"` in errors of Anthropic's form, which gateways pass on in a stream [18].
    pub kind: Raw<'a>,
    /// The sources of a search, at vendors that search the web.
    pub citations: Raw<'a>,
    pub service_tier: Raw<'a>,
    pub system_fingerprint: Raw<'a>,
}

structure!(Chunk {
    "id" => id,
    "model" => model,
    "created" => created,
    "object" => object,
    "choices" => choices,
    "usage" => usage,
    "x_groq" => x_groq,
    "error" => error,
    "success" => success,
    "base_resp" => base_resp,
    "type" => kind,
    "citations" => citations,
    "service_tier" => service_tier,
    "system_fingerprint" => system_fingerprint,
});

#[derive(Debug, Default)]
pub(super) struct UsageHolder<'a> {
    pub usage: Raw<'a>,
}

structure!(UsageHolder { "usage" => usage });

#[derive(Debug, Default)]
pub(super) struct Choice<'a> {
    pub index: Raw<'a>,
    /// The content of a chunk.
    pub delta: Object<Delta<'a>>,
    /// The content of a whole response. Some servers send it in a stream as well [10].
    pub message: Object<Delta<'a>>,
    /// The content, in the form of the older text completions [66].
    pub text: Raw<'a>,
    /// Null, or missing, until the last chunk of the choice. Some servers write other values instead [14].
    pub finish_reason: Raw<'a>,
    /// Moonshot puts the usage of a stream here [12].
    pub usage: Raw<'a>,
    /// An error of this choice alone, as OpenRouter sends it [18].
    pub error: Raw<'a>,
}

structure!(Choice {
    "index" => index,
    "delta" => delta,
    "message" => message,
    "text" => text,
    "finish_reason" => finish_reason,
    "usage" => usage,
    "error" => error,
});

#[derive(Debug, Default)]
pub(super) struct Delta<'a> {
    /// Text, null, or a list of [`Part`]s.
    pub content: Raw<'a>,
    /// Reasoning stands in one of three fields, by vendor; see [`Field`](super::replay::Field).
    pub reasoning_content: Raw<'a>,
    pub reasoning: Raw<'a>,
    pub reasoning_text: Raw<'a>,
    /// OpenRouter's list of reasoning, with signatures and encrypted entries.
    pub reasoning_details: Raw<'a>,
    /// Anthropic's blocks, through gateways that keep them.
    pub thinking_blocks: Raw<'a>,
    pub reasoning_signature: Raw<'a>,
    pub signature: Raw<'a>,
    pub thought_signature: Raw<'a>,
    /// Signatures of the message, in the places of Google and of LiteLLM [84].
    pub extra_content: Raw<'a>,
    pub provider_specific_fields: Raw<'a>,
    /// A reason not to reply, which OpenAI separates from the content.
    pub refusal: Raw<'a>,
    pub tool_calls: ToolCalls<'a>,
    /// The form before `tool_calls`, which old servers still use [13].
    pub function_call: Object<Function<'a>>,
    pub annotations: Raw<'a>,
    pub images: Raw<'a>,
    pub audio: Raw<'a>,
}

structure!(Delta {
    "content" => content,
    "reasoning_content" => reasoning_content,
    "reasoning" => reasoning,
    "reasoning_text" => reasoning_text,
    "reasoning_details" => reasoning_details,
    "thinking_blocks" => thinking_blocks,
    "reasoning_signature" => reasoning_signature,
    "signature" => signature,
    "thought_signature" => thought_signature,
    "extra_content" => extra_content,
    "provider_specific_fields" => provider_specific_fields,
    "refusal" => refusal,
    "tool_calls" => tool_calls,
    "function_call" => function_call,
    "annotations" => annotations,
    "images" => images,
    "audio" => audio,
});

impl Choice<'_> {
    /// Whether it has content or a finish reason.
    pub fn has_content(&self) -> bool {
        let deltas = [self.delta.0.as_ref(), self.message.0.as_ref()];
        deltas.into_iter().flatten().any(Delta::has_content)
            || is_filled(self.text)
            || finish_reason::received(self.finish_reason).is_some()
    }
}

impl<'a> Delta<'a> {
    /// Whether it has content. Some servers send empty deltas to keep a connection open [26].
    pub fn has_content(&self) -> bool {
        any_filled(&self.texts())
            || !self.tool_calls.is_empty()
            || self.function_call.0.is_some()
            || any_filled(&self.details())
    }

    /// Content, and the plain fields of reasoning: the fields that the fast path can repeat.
    pub fn texts(&self) -> [Raw<'a>; 4] {
        [self.content, self.reasoning_content, self.reasoning, self.reasoning_text]
    }

    /// All other leaves. A chunk with one of them is never repeated, because reading it again would have an effect.
    pub fn details(&self) -> [Raw<'a>; 11] {
        [
            self.reasoning_details,
            self.thinking_blocks,
            self.reasoning_signature,
            self.signature,
            self.thought_signature,
            self.extra_content,
            self.provider_specific_fields,
            self.refusal,
            self.annotations,
            self.images,
            self.audio,
        ]
    }
}

/// Whether one of these is filled.
pub(super) fn any_filled(leaves: &[Raw<'_>]) -> bool {
    leaves.iter().any(|leaf| is_filled(*leaf))
}

/// Whether a leaf has a value other than null, an empty text and an empty list.
pub(super) fn is_filled(leaf: Raw<'_>) -> bool {
    leaf.is_some_and(|json| !matches!(json.get(), "null" | "\"\"" | "[]"))
}

/// Tool calls: a list, or one call in place of a list, or an object of calls by their number [66].
#[derive(Debug, Default)]
pub(super) struct ToolCalls<'a> {
    calls: Many<ToolCall<'a>>,
    /// There was a value that is neither.
    pub unreadable: bool,
}

impl<'a> ToolCalls<'a> {
    /// Whether there is no call in it.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Whether there are more than are kept.
    pub fn has_too_many(&self) -> bool {
        self.calls.has_too_many()
    }

    /// The calls, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &ToolCall<'a>> {
        self.calls.iter()
    }

    /// Whether one of them is this fragment of the legacy `function_call`: some gateways fill both fields with one call.
    pub fn has(&self, legacy: &Function<'_>) -> bool {
        let same = |one: Raw<'_>, other: Raw<'_>| one.map(|raw| raw.get()) == other.map(|raw| raw.get());
        self.iter()
            .filter_map(|call| call.function.0.as_ref())
            .any(|function| same(function.name, legacy.name) && same(function.arguments, legacy.arguments))
    }
}

impl<'a> Structure<'a> for ToolCalls<'a> {
    fn object(&mut self) {
        *self = Self::default();
    }

    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.calls.item();
        }
        self.calls.first_or_default()?.field(name)
    }

    fn list(&mut self) {
        *self = Self::default();
    }

    fn item(&mut self) -> Option<Slot<'_, 'a>> {
        self.calls.item()
    }

    fn leaf(&mut self, value: RawValue<'a>) {
        *self = Self { unreadable: !is_nothing(value.get()), ..Self::default() };
    }
}

#[derive(Debug, Default)]
pub(super) struct ToolCall<'a> {
    /// Missing, from 1, or always 0 at some vendors [13].
    pub index: Raw<'a>,
    pub id: Raw<'a>,
    pub function: Object<Function<'a>>,
    /// Gateways put Gemini's thought signature here. It has to be sent back with the call.
    pub extra_content: Raw<'a>,
    /// The same at LiteLLM.
    pub provider_specific_fields: Raw<'a>,
}

structure!(ToolCall {
    "index" => index,
    "id" => id,
    "function" => function,
    "extra_content" => extra_content,
    "provider_specific_fields" => provider_specific_fields,
});

/// Whether a value of a wrong type is one that servers write for nothing, so that nothing is lost with it.
pub(super) fn is_nothing(json: &str) -> bool {
    matches!(json, "null" | "\"\"" | "[]" | "{}" | "false")
}

#[derive(Debug, Default)]
pub(super) struct Function<'a> {
    pub name: Raw<'a>,
    /// A piece of JSON text; the JSON itself at some vendors [13].
    pub arguments: Raw<'a>,
    /// LiteLLM's place for the signature of a call.
    pub provider_specific_fields: Raw<'a>,
}

structure!(Function {
    "name" => name,
    "arguments" => arguments,
    "provider_specific_fields" => provider_specific_fields,
});

/// A part of a content that is a list [10], and of the `thinking` of such a part, as Mistral writes them.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub kind: Raw<'a>,
    pub text: Raw<'a>,
    /// Text, or a list of parts again.
    pub thinking: Raw<'a>,
    pub refusal: Raw<'a>,
    pub signature: Raw<'a>,
    /// Of a redacted block.
    pub data: Raw<'a>,
}

structure!(Part {
    "type" => kind,
    "text" => text,
    "thinking" => thinking,
    "refusal" => refusal,
    "signature" => signature,
    "data" => data,
});
