//! The text of a response as the routes beside chat completions stream it: the same pieces in the events of each vendor, so
//! that the cost of a chunk can be compared between routes.

/// A wire route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireRoute {
    /// OpenAI's chat completions, whose events are in `body`.
    ChatCompletions,
    /// OpenAI's Responses, which numbers its events and pads them.
    Responses,
    /// Anthropic's Messages, whose events differ in their text alone.
    Messages,
    /// Google's Gemini, which counts the tokens in every chunk.
    Gemini,
}

impl WireRoute {
    /// The route of a path, and the model where the path names it.
    pub fn of(path: &str) -> Option<(WireRoute, Option<&str>)> {
        match path {
            "/v1/chat/completions" => Some((WireRoute::ChatCompletions, None)),
            "/v1/responses" => Some((WireRoute::Responses, None)),
            "/v1/messages" => Some((WireRoute::Messages, None)),
            _ => {
                let model = path.strip_prefix("/v1beta/models/")?.strip_suffix(":streamGenerateContent")?;
                Some((WireRoute::Gemini, Some(model)))
            }
        }
    }

    /// The events before the first text; `None` for chat completions.
    pub fn head(self, model: &str) -> Option<String> {
        match self {
            WireRoute::ChatCompletions => None,
            WireRoute::Responses => Some(
                numbered(0, "response.created", &response("in_progress", model, ""))
                    + &numbered(
                        1,
                        "response.output_item.added",
                        r#""output_index":0,"item":{"id":"msg_0123456789abcdef0123456789abcdef","type":"message","status":"in_progress","role":"assistant","content":[]}"#,
                    ),
            ),
            WireRoute::Messages => {
                let message = format!(
                    r#","message":{{"id":"msg_01","type":"message","role":"assistant","model":"{model}","content":[],"stop_reason":null,"usage":{{"input_tokens":8,"output_tokens":1}}}}"#
                );
                let block = r#","index":0,"content_block":{"type":"text","text":""}"#;
                Some(named("message_start", &message) + &named("content_block_start", block))
            }
            WireRoute::Gemini => Some(String::new()),
        }
    }

    /// The event of a text without characters that JSON escapes; its number counts from 0.
    pub fn text(self, number: u64, model: &str, text: &str) -> String {
        match self {
            WireRoute::ChatCompletions => String::new(),
            WireRoute::Responses => {
                let length = usize::try_from(number % 16).unwrap_or_default();
                let padding = "aXb3Kq9LmN2pR7sT".get(..length).unwrap_or_default();
                let rest = format!(
                    r#""item_id":"msg_0123456789abcdef0123456789abcdef","output_index":0,"content_index":0,"delta":"{text}","logprobs":[],"obfuscation":"{padding}""#
                );
                numbered(number + 2, "response.output_text.delta", &rest)
            }
            WireRoute::Messages => named(
                "content_block_delta",
                &format!(r#","index":0,"delta":{{"type":"text_delta","text":"{text}"}}"#),
            ),
            WireRoute::Gemini => candidate(number + 1, model, &format!(r#"{{"text":"{text}"}}"#), ""),
        }
    }

    /// The events after so many texts.
    pub fn tail(self, chunks: u64, model: &str) -> String {
        match self {
            WireRoute::ChatCompletions => String::new(),
            WireRoute::Responses => {
                let total = chunks + 8;
                let usage = format!(
                    r#","output":[],"usage":{{"input_tokens":8,"output_tokens":{chunks},"total_tokens":{total}}}"#
                );
                numbered(chunks + 2, "response.completed", &response("completed", model, &usage))
            }
            WireRoute::Messages => {
                let end =
                    format!(r#","delta":{{"stop_reason":"end_turn"}},"usage":{{"output_tokens":{chunks}}}"#);
                named("content_block_stop", r#","index":0"#)
                    + &named("message_delta", &end)
                    + &named("message_stop", "")
            }
            WireRoute::Gemini => candidate(chunks, model, "", r#","finishReason":"STOP""#),
        }
    }
}

fn numbered(number: u64, kind: &str, rest: &str) -> String {
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{number},{rest}}}\n\n")
}

fn response(status: &str, model: &str, more: &str) -> String {
    format!(
        r#""response":{{"id":"resp_0123456789abcdef","object":"response","created_at":1790000000,"status":"{status}","model":"{model}"{more}}}"#
    )
}

fn named(kind: &str, rest: &str) -> String {
    format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n")
}

fn candidate(count: u64, model: &str, parts: &str, more: &str) -> String {
    let total = count + 8;
    format!(
        "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{parts}],\"role\":\"model\"}},\"index\":0{more}}}],\
         \"usageMetadata\":{{\"promptTokenCount\":8,\"candidatesTokenCount\":{count},\"totalTokenCount\":{total}}},\
         \"modelVersion\":\"{model}\",\"responseId\":\"r0123456789abcdef\"}}\n\n"
    )
}
