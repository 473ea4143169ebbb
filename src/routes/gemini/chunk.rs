//! The chunks of a response. All values stay slices of the chunk until they are needed.

use crate::errors::detection::Declaration;
use crate::json::{Many, Object, Raw, Slot, SlotSource, Structure, present, structure, unsigned};

/// A chunk of the stream, or a whole response: Google has one shape for both.
#[derive(Debug, Default)]
pub(super) struct Chunk<'a> {
    candidates: Many<Candidate<'a>>,
    pub prompt_feedback: Object<PromptFeedback<'a>>,
    pub usage: Raw<'a>,
    pub id: Raw<'a>,
    pub model: Raw<'a>,
    pub created: Raw<'a>,
    error: Raw<'a>,
    object: Raw<'a>,
    kind: Raw<'a>,
    success: Raw<'a>,
}

structure!(Chunk {
    "candidates" => candidates,
    "usageMetadata" => usage,
    "responseId" => id,
    "modelVersion" => model,
    "createTime" => created,
    "promptFeedback" => prompt_feedback,
    "error" => error,
    "object" => object,
    "type" => kind,
    "success" => success,
});

/// What the service thinks of the prompt. A reason here takes the place of all candidates.
#[derive(Debug, Default)]
pub(super) struct PromptFeedback<'a> {
    pub block_reason: Raw<'a>,
}

structure!(PromptFeedback { "blockReason" => block_reason });

/// One of the alternative responses.
#[derive(Debug, Default)]
pub(super) struct Candidate<'a> {
    index: Raw<'a>,
    content: Object<Content<'a>>,
    pub finish_reason: Raw<'a>,
    pub finish_message: Raw<'a>,
    pub safety_ratings: Raw<'a>,
    pub grounding: Raw<'a>,
    pub url_context: Raw<'a>,
    pub citations: Object<Citations<'a>>,
}

structure!(Candidate {
    "content" => content,
    "finishReason" => finish_reason,
    "index" => index,
    "finishMessage" => finish_message,
    "safetyRatings" => safety_ratings,
    "groundingMetadata" => grounding,
    "urlContextMetadata" => url_context,
    "citationMetadata" => citations,
});

#[derive(Debug, Default)]
struct Content<'a> {
    parts: Raw<'a>,
}

structure!(Content { "parts" => parts });

/// Sources of the text; each chunk has those of its own part of it.
#[derive(Debug, Default)]
pub(super) struct Citations<'a> {
    citations: Raw<'a>,
    sources: Raw<'a>,
}

structure!(Citations { "citations" => citations, "citationSources" => sources });

/// A part of the content.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub text: Raw<'a>,
    pub thought: Raw<'a>,
    pub signature: Raw<'a>,
    pub call: Object<FunctionCall<'a>>,
    /// It has a field besides these: it is a part of one of the vendor's own tools, or media.
    pub is_other: bool,
    pub is_media: bool,
}

impl<'a> Structure<'a> for Part<'a> {
    fn field(&mut self, name: &str) -> Option<Slot<'_, 'a>> {
        Some(match name {
            "text" => self.text.slot(),
            "thought" => self.thought.slot(),
            "thoughtSignature" => self.signature.slot(),
            "functionCall" => self.call.slot(),
            other => {
                self.is_media |= matches!(other, "inlineData" | "fileData");
                // The one describes the part, and the other is the host's to send.
                self.is_other |= !matches!(other, "partMetadata" | "functionResponse");
                return None;
            }
        })
    }
}

/// A call of a function, or a piece of one.
#[derive(Debug, Default)]
pub(super) struct FunctionCall<'a> {
    pub id: Raw<'a>,
    pub name: Raw<'a>,
    pub args: Raw<'a>,
    pub pieces: Raw<'a>,
    pub will_continue: Raw<'a>,
}

structure!(FunctionCall {
    "id" => id,
    "name" => name,
    "args" => args,
    "partialArgs" => pieces,
    "willContinue" => will_continue,
});

impl<'a> Chunk<'a> {
    /// The candidate of this index; without one, the first that has parts, else the first. A caller that requested
    /// several candidates must not get two texts mixed into one.
    pub(super) fn candidate(&self, ours: Option<u64>) -> Option<&Candidate<'a>> {
        match ours {
            Some(ours) => self.candidates.iter().find(|candidate| candidate.index() == ours),
            None => {
                let filled = self.candidates.iter().find(|candidate| candidate.parts().is_some());
                filled.or_else(|| self.candidates.iter().next())
            }
        }
    }

    /// Whether there is nothing else with an effect beside its candidate and the usage.
    pub(super) fn has_one_candidate(&self) -> bool {
        let blocked = self.prompt_feedback.0.as_ref().and_then(|feedback| feedback.block_reason);
        self.candidates.iter().count() == 1 && blocked.is_none()
    }

    /// Whether it is an error, in Google's shape or in one of the gateway's.
    pub(super) fn is_error(&self) -> bool {
        let mut declared = Declaration { error: self.error, ..Declaration::default() };
        // A chunk with a candidate is content, whatever its other fields say.
        if self.candidates.is_empty() {
            (declared.object, declared.kind, declared.success) = (self.object, self.kind, self.success);
        }
        declared.is_error()
    }
}

impl<'a> Candidate<'a> {
    /// Its place among the candidates. Google leaves out zeros.
    pub(super) fn index(&self) -> u64 {
        unsigned(self.index).unwrap_or(0)
    }

    /// Whether it has more than parts that has an effect each time it is read.
    pub(super) fn has_more(&self) -> bool {
        let is_filled = |raw: Raw<'_>| present(raw).is_some_and(|json| json != "{}");
        [self.finish_reason, self.finish_message, self.grounding, self.url_context].into_iter().any(is_filled)
            || self.citations.0.is_some()
    }

    /// The list of its parts.
    pub(super) fn parts(&self) -> Raw<'a> {
        self.content.0.as_ref()?.parts
    }
}

impl<'a> Citations<'a> {
    /// The list, under the name that the two services of Google give it.
    pub(super) fn list(&self) -> Raw<'a> {
        self.citations.or(self.sources)
    }
}
