//! The turns of a conversation as messages of this route: references to what is written, in the order in which it is
//! written.
//!
//! They are put together before anything is written, since later turns decide about earlier ones: which message is the
//! last of the user, and whether a tool of the vendor's has its result.

use alloc::{format, vec::Vec};

use crate::history::{
    AssistantPart, AssistantTurn, PartIndex, SYSTEM_MARK, ToolCall, ToolResult, Turn, UserPart, Warnings,
    is_blank, warn_moved,
};
use crate::json::{Raw, RawValue, fields, wire_text};
use crate::routes::messages::replay::Replay;
use crate::string_interner::StringInterner;

/// What a block is.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// A text, with the sources that the vendor gave for it.
    Text(&'a str, Raw<'a>),
    /// Reasoning with its signature. The text is that of the replay, where the host did not want it.
    Thinking {
        shown: &'a str,
        withheld: Raw<'a>,
        signature: RawValue<'a>,
    },
    /// A block that goes back as it was received.
    Vendor(VendorBlock<'a>),
    /// A call, with the program of the vendor's that made it.
    Call(&'a ToolCall<'a>, Raw<'a>),
    Result(&'a ToolResult<'a>),
    Media(&'a UserPart<'a>),
}

/// A block of the vendor's own: redacted thinking, and the tools that run there.
#[derive(Clone, Copy, Debug)]
pub struct VendorBlock<'a> {
    pub json: RawValue<'a>,
    /// It is reasoning, which no message may end with.
    pub is_thinking: bool,
    /// The id, for one that waits for a result.
    id: Raw<'a>,
    /// The id of the block that it is the result of.
    result_of: Raw<'a>,
}

/// A block, and where it comes from.
#[derive(Debug)]
pub struct Block<'a> {
    pub content: Content<'a>,
    /// The part of the request that it is; nothing for a text of the user, and for a result that is missing.
    pub place: Option<PartIndex>,
    /// A cached prefix ends after it.
    pub cache_here: bool,
}

/// Whose a message is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    User,
    Assistant,
    /// An instruction that comes after the first turn.
    System,
}

/// One message.
#[derive(Debug)]
pub struct WireMessage<'a> {
    pub role: Role,
    pub blocks: Vec<Block<'a>>,
}

/// All that a conversation becomes.
#[derive(Debug, Default)]
pub struct WireConversation<'a> {
    /// The instructions, each a block of its own.
    pub system: Vec<&'a str>,
    /// Users and assistants alternate, system messages stand where the vendor takes them, and no message is empty.
    pub messages: Vec<WireMessage<'a>>,
}

impl<'a> WireConversation<'a> {
    /// The messages of these turns.
    pub fn of(turns: &'a [Turn<'a>], warnings: &mut Warnings) -> Self {
        let mut all = Self::default();
        let mut dropped = Dropped::default();
        for turn in turns {
            match turn {
                Turn::System(texts) if all.messages.is_empty() => all.system.extend(texts),
                Turn::System(texts) => {
                    texts.iter().for_each(|text| all.push(Role::System, Content::Text(text, None), None));
                }
                Turn::User(parts) => parts.iter().for_each(|part| {
                    let content = match part {
                        UserPart::Text(text) => Content::Text(text, None),
                        part => Content::Media(part),
                    };
                    all.push(Role::User, content, place_of(part));
                }),
                Turn::Assistant(turn) => all.assistant(turn, warnings),
            }
        }
        all.drop_orphans(&mut dropped);
        all.trim(&mut dropped);
        dropped.report(warnings);
        all
    }

    /// Whether the conversation ends with the results of calls, and the turn that made the calls does not begin with
    /// reasoning. With a budget for thinking the vendor refuses that; the reasoning may be another vendor's.
    pub fn ends_in_unthinking_calls(&self) -> bool {
        let [.., before, last] = self.messages.as_slice() else { return false };
        last.has_results() && !before.blocks.first().is_some_and(|block| block.content.is_thinking())
    }

    fn push(&mut self, role: Role, content: Content<'a>, place: Option<PartIndex>) {
        let block = Block { content, place, cache_here: false };
        match self.messages.last_mut() {
            // Two messages of one role would be taken as one anyway, and strict servers refuse them.
            Some(last) if last.role == role => last.blocks.push(block),
            _ => self.messages.push(WireMessage { role, blocks: [block].into() }),
        }
    }

    fn assistant(&mut self, turn: &'a AssistantTurn<'a>, warnings: &mut Warnings) {
        let mut blocks = Vec::with_capacity(turn.parts.len());
        for part in &turn.parts {
            blocks.extend(block_of(part, warnings));
        }
        // A change of the route has its own warning.
        if blocks.is_empty() && !warnings.has_foreign() {
            warnings.add(format!(
                "messages[{}] contains nothing that this route can send and was left out",
                turn.message
            ));
        }
        for (content, place) in blocks {
            self.push(Role::Assistant, content, Some(place));
        }
        for result in &turn.results {
            self.push(Role::User, Content::Result(result), result.place);
        }
    }

    /// Leaves out tools of the vendor's that have no result, and results that have no tool: a turn broke off, or a host has
    /// dropped a part of it, and every later request would be refused. A tool of the last turn may still get its result, in
    /// the response to this request.
    fn drop_orphans(&mut self, dropped: &mut Dropped) {
        let running = self.running();
        // The tools by their ids, each with its place among all tools and results.
        let mut ids = StringInterner::default();
        let mut tools: Vec<usize> = Vec::new();
        let mut waiting: Vec<bool> = Vec::new();
        let mut keeps: Vec<bool> = Vec::new();
        // A result after the user has gone on is refused as well, so only the tools from this one on can have one.
        let mut first = 0;
        for (at, message) in self.messages.iter().enumerate() {
            if message.is_instruction() {
                first = tools.len();
            }
            for vendor in message.blocks.iter().filter_map(Block::vendor) {
                if let Some(tool) = id_text(vendor.result_of) {
                    let number = ids.get(&tool);
                    let number =
                        number.filter(|number| *number >= first && waiting.get(*number) == Some(&true));
                    keeps.push(number.is_some());
                    if let Some(number) = number {
                        set(&mut waiting, number, false);
                        let tool = tools.get(number).copied();
                        set(&mut keeps, tool.unwrap_or(usize::MAX), true);
                    }
                } else if let Some(id) = id_text(vendor.id) {
                    let is_first = ids.number(&id).1;
                    if is_first {
                        tools.push(keeps.len());
                        waiting.push(true);
                    }
                    keeps.push(is_first && at >= running);
                }
            }
        }
        let is_kept = |id: &str| {
            let tool = ids.get(id).and_then(|number| tools.get(number));
            tool.and_then(|tool| keeps.get(*tool)).copied().unwrap_or(false)
        };
        let mut kept = keeps.iter();
        for message in &mut self.messages {
            message.blocks.retain_mut(|block| {
                if let Content::Call(_, caller) = &mut block.content {
                    let id =
                        caller.and_then(|caller| fields(caller, ["tool_id"])).and_then(|[id]| id_text(id));
                    *caller = caller.filter(|_| id.is_some_and(|id| is_kept(&id)));
                }
                let has_id =
                    block.vendor().is_some_and(|vendor| vendor.id.is_some() || vendor.result_of.is_some());
                let keeps = !has_id || kept.next() == Some(&true);
                dropped.orphans = dropped.orphans.saturating_add(usize::from(!keeps));
                keeps
            });
        }
    }

    /// "The final block in an assistant message cannot be `thinking`": what it led to was cut off, or dropped.
    fn trim(&mut self, dropped: &mut Dropped) {
        for message in &mut self.messages {
            while message.role == Role::Assistant
                && message.blocks.last().is_some_and(|last| last.content.is_thinking())
            {
                message.blocks.pop();
                dropped.unfinished = dropped.unfinished.saturating_add(1);
            }
        }
        // Neighbours that an empty message kept apart become one.
        let mut messages = core::mem::take(&mut self.messages);
        messages.retain(|message| !message.blocks.is_empty());
        let mut messages = messages.into_iter().peekable();
        while let Some(WireMessage { mut role, blocks }) = messages.next() {
            // The vendor takes a system message after one of the user, and before one of the assistant or at the end.
            let fits = self.messages.last().is_some_and(|last| last.role == Role::User)
                && messages.peek().is_none_or(|next| next.role == Role::Assistant);
            if role == Role::System && !fits {
                role = Role::User;
                self.push(role, Content::Text(SYSTEM_MARK, None), None);
                dropped.moved = dropped.moved.saturating_add(1);
            }
            for block in blocks {
                self.push(role, block.content, block.place);
            }
        }
    }

    /// The first message whose tools at the vendor may still be running: nothing but results of calls came after it, which a
    /// program of the vendor's may wait for.
    fn running(&self) -> usize {
        self.messages.iter().rposition(WireMessage::is_instruction).unwrap_or_default()
    }
}

impl WireMessage<'_> {
    /// Whether the model begins anew after it.
    fn is_instruction(&self) -> bool {
        self.role != Role::Assistant && !self.has_results()
    }

    /// Whether it has results of the client's tools.
    fn has_results(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block.content, Content::Result(_)))
    }
}

impl<'a> Block<'a> {
    fn vendor(&self) -> Option<VendorBlock<'a>> {
        match self.content {
            Content::Vendor(vendor) => Some(vendor),
            _ => None,
        }
    }
}

impl Content<'_> {
    fn is_thinking(&self) -> bool {
        matches!(self, Content::Thinking { .. } | Content::Vendor(VendorBlock { is_thinking: true, .. }))
    }

    /// Whether a cached prefix can end after it.
    pub fn can_be_marked(&self) -> bool {
        !matches!(self, Content::Thinking { .. } | Content::Vendor(_))
    }
}

/// What was left out, for one warning each.
#[derive(Default)]
struct Dropped {
    unfinished: usize,
    orphans: usize,
    /// System messages that became the user's.
    moved: usize,
}

impl Dropped {
    fn report(&self, warnings: &mut Warnings) {
        warn_moved(self.moved, warnings);
        for (count, what) in [
            (self.unfinished, "blocks of reasoning led to nothing and were not sent"),
            (self.orphans, "blocks of the vendor's tools had no counterpart and were not sent"),
        ] {
            if count > 0 {
                warnings.add(format!("{count} {what}"));
            }
        }
    }
}

fn place_of(part: &UserPart<'_>) -> Option<PartIndex> {
    match part {
        UserPart::Text(_) => None,
        UserPart::Image(_, place) | UserPart::Audio(_, place) | UserPart::File(_, place) => Some(*place),
    }
}

/// A part of the model's turn, if it can be sent. Reasoning is sent only with the proof that it came with: the vendor refuses
/// any other [43].
fn block_of<'a>(part: &'a AssistantPart<'a>, warnings: &mut Warnings) -> Option<(Content<'a>, PartIndex)> {
    let (replay, place) = match part {
        AssistantPart::Text { replay, place, .. } | AssistantPart::Reasoning { replay, place, .. } => {
            (*replay, *place)
        }
        AssistantPart::Call(call) => (call.replay, call.place),
    };
    let ours = replay.and_then(Replay::parse);
    if replay.is_some() && ours.is_none() {
        warnings.add_foreign(1);
    }
    let ours = ours.unwrap_or_default();
    let content = match part {
        AssistantPart::Text { text, .. } if is_blank(text) => return None,
        AssistantPart::Text { text, .. } => Content::Text(text, ours.citations),
        AssistantPart::Call(call) => Content::Call(call, ours.caller),
        AssistantPart::Reasoning { text, .. } => match (ours.block, ours.signature) {
            (Some(block), _) => Content::Vendor(VendorBlock::of(block)?),
            (None, Some(signature)) => Content::Thinking { shown: text, withheld: ours.text, signature },
            (None, None) => return None,
        },
    };
    Some((content, place))
}

impl<'a> VendorBlock<'a> {
    fn of(json: RawValue<'a>) -> Option<Self> {
        let [kind, id, result_of] = fields(json, ["type", "id", "tool_use_id"])?;
        let kind = wire_text(kind)?;
        let kind = kind.as_bytes();
        Some(Self {
            json,
            is_thinking: kind == b"redacted_thinking",
            id: id.filter(|id| kind.ends_with(b"tool_use") && id.get().starts_with('"')),
            result_of: result_of.filter(|id| id.get().starts_with('"')),
        })
    }
}

fn set(list: &mut [bool], at: usize, value: bool) {
    if let Some(place) = list.get_mut(at) {
        *place = value;
    }
}

fn id_text(raw: Raw<'_>) -> Option<alloc::borrow::Cow<'_, str>> {
    wire_text(raw).map(|text| text.into_string_lossy())
}
