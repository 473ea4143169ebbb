//! Values to start from. The generated records have no defaults, because WIT has none. The empty request is written out
//! here and nowhere else in this workspace: a field that the contract gains would otherwise have to be added in each place.

use super::embeddings::EmbeddingRequest;
use super::{Config, Credential, Message, Part, Request, Role, TextPart, Timeouts};

impl Request {
    /// A request to this model without a message or a setting. A provider refuses it until it has a message. Every setting
    /// that stays `None` is left to the model.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Request {
        Request {
            model: model.into(),
            messages: Vec::new(),
            tools: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            response_format: None,
            max_output_tokens: None,
            temperature: None,
            top_p: None,
            frequency_penalty: None,
            presence_penalty: None,
            stop: Vec::new(),
            seed: None,
            reasoning: None,
            cache_key: None,
            user: None,
            route: None,
            extra_json: None,
        }
    }

    /// A request to this model with one message from the user.
    #[must_use]
    pub fn prompt(model: impl Into<String>, text: impl Into<String>) -> Request {
        Request { messages: vec![Message::user(text)], ..Request::new(model) }
    }
}

impl EmbeddingRequest {
    /// A request to this model for the vectors of these texts, without a setting.
    ///
    /// ```
    /// use provider_host::contract::embeddings::EmbeddingRequest;
    ///
    /// let request = EmbeddingRequest::new("text-embedding-3-small", ["a cat", "a dog"]);
    /// assert_eq!(request.input.len(), 2);
    /// ```
    #[must_use]
    pub fn new(
        model: impl Into<String>,
        input: impl IntoIterator<Item = impl Into<String>>,
    ) -> EmbeddingRequest {
        EmbeddingRequest {
            model: model.into(),
            input: input.into_iter().map(Into::into).collect(),
            dimensions: None,
            user: None,
            extra_json: None,
        }
    }
}

impl Message {
    /// A message that consists of one text.
    ///
    /// ```
    /// use provider_host::contract::{Message, Request, Role};
    ///
    /// let mut request = Request::new("gpt-5.4-mini");
    /// request.messages = vec![Message::text(Role::System, "Be brief."), Message::user("Why is the sky blue?")];
    /// assert_eq!(request.messages[1].role, Role::User);
    /// ```
    #[must_use]
    pub fn text(role: Role, text: impl Into<String>) -> Message {
        let part = Part::Text(TextPart { text: text.into(), replay: None });
        Message { role, content: vec![part], cache_here: false }
    }

    /// A message from the user that consists of one text.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Message {
        Message::text(Role::User, text)
    }
}

impl Default for Config {
    /// The provider's own base URL and deadlines, and a key that the host adds outside of the sandbox.
    fn default() -> Config {
        Config {
            base_url: None,
            credential: Credential::HostInjected,
            timeouts: Timeouts::default(),
            max_retries: None,
            headers: Vec::new(),
        }
    }
}

impl Default for Timeouts {
    /// The provider's own deadlines.
    fn default() -> Timeouts {
        Timeouts { connect_ms: None, first_byte_ms: None, idle_ms: None, total_ms: None }
    }
}
