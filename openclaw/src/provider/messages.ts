/** Maps a conversation of OpenClaw to the contract's messages. */

import type { Media, Message as ContractMessage, Part } from '../component/contract.js';
import type { AssistantMessage, ImageContent, Message, TextContent, ToolResultMessage } from '../sdk.js';
import { unseal } from './replay.js';
import { textsOf } from './system_prompt.js';

/** Follows the text of a response that was interrupted, so that the model does not take it for a complete one. */
const INTERRUPTED = '[The response was interrupted here.]';

/** Takes the place of images for a model that does not accept them. */
const NO_IMAGES = '[An image was omitted: this model accepts no images.]';

/** The model that receives the messages. */
interface Target {
  id: string;
  /** Absent: unknown. */
  input?: readonly string[];
}

/** A conversation in the contract's form. */
export interface Conversation {
  messages: ContractMessage[];
  /** How many of the messages are the system prompt. They are the first ones. */
  systems: number;
  /** The messages with the facts of a turn, which OpenClaw adds itself. */
  carriers: ReadonlySet<ContractMessage>;
}

/** The messages in their order. Signatures of other models and other providers are not sent. */
export function conversationOf(target: Target, systemPrompt: string | undefined, messages: Message[]): Conversation {
  // One message for each part of the prompt, because a cached prefix ends after a message.
  const result = textsOf(systemPrompt).map((part) => message('system', [text(part)]));
  const systems = result.length;
  const carriers = new Set<ContractMessage>();
  // Ids of calls that are not sent. A result without its call is an error for every vendor, so results are dropped, too.
  // A result belongs to the last turn with its id: some models number their calls from 0 in each turn.
  const dropped = new Set<string>();
  for (const given of messages) {
    if (given.role === 'user') {
      const sent = message('user', contentOf(target, given.content));
      if (given.runtimeContextCarrier) carriers.add(sent);
      result.push(sent);
    } else if (given.role === 'assistant') {
      const parts = assistantParts(target, given, dropped);
      if (parts.length > 0) result.push(message('assistant', parts));
    } else if (!dropped.has(given.toolCallId)) {
      result.push(message('tool', [toolResult(target, given)]));
    }
  }
  return { messages: result, systems, carriers };
}

function message(role: ContractMessage['role'], content: Part[]): ContractMessage {
  return { role, content, cacheHere: false };
}

function text(value: string, replay?: string): Part {
  return { tag: 'text', val: { text: value, ...(replay === undefined ? {} : { replay }) } };
}

/** OpenClaw treats a model of unknown input as a text model, too. */
function acceptsImages({ input }: Target): boolean {
  return input?.includes('image') === true;
}

/** An image for a model without image input becomes a sentence: vendors refuse the whole request because of it. */
function contentOf(target: Target, content: string | (TextContent | ImageContent)[]): Part[] {
  if (typeof content === 'string') return [text(content)];
  const takesImages = acceptsImages(target);
  return content.map((block): Part => {
    if (block.type === 'text') return text(block.text);
    return takesImages ? { tag: 'image', val: media(block) } : text(NO_IMAGES);
  });
}

/** The contract takes bytes and encodes them itself, for each vendor in its own way. */
function media(image: ImageContent): Media {
  return { source: { tag: 'inline', val: Buffer.from(image.data, 'base64') }, mediaType: image.mimeType };
}

/**
 * The parts of an earlier response that are sent again. Of a response that failed or was aborted, only the text is sent:
 * its reasoning is incomplete, and its tools were never run, so their ids are added to `dropped`. The ids of other turns
 * are removed from it.
 */
function assistantParts(target: Target, given: AssistantMessage, dropped: Set<string>): Part[] {
  const failed = given.stopReason === 'error' || given.stopReason === 'aborted';
  // Reasoning that used up all tokens left no response, and a signature is valid for a complete block only.
  if (given.stopReason === 'length' && given.content.every(isThinkingOrBlank)) return [];
  const parts: Part[] = [];
  for (const block of given.content) {
    if (block.type === 'toolCall' && !failed) dropped.delete(block.id);
    if (block.type === 'text') {
      if (!failed) parts.push(text(block.text, unseal(target.id, block.textSignature)));
      else if (block.text.trim() !== '') parts.push(text(block.text));
    } else if (failed) {
      if (block.type === 'toolCall') dropped.add(block.id);
    } else if (block.type === 'thinking') {
      const replay = unseal(target.id, block.thinkingSignature);
      // Without a replay value there is no field to send it in: another model produced it.
      if (replay !== undefined) parts.push({ tag: 'reasoning', val: { text: block.thinking, replay } });
    } else {
      const { id, name, thoughtSignature } = block;
      const replay = unseal(target.id, thoughtSignature);
      const argumentsJson = JSON.stringify(block.arguments ?? {});
      parts.push({ tag: 'tool-call', val: { id, name, argumentsJson, ...(replay === undefined ? {} : { replay }) } });
    }
  }
  if (failed && parts.length > 0) parts.push(text(INTERRUPTED));
  return parts;
}

function isThinkingOrBlank(block: AssistantMessage['content'][number]): boolean {
  return block.type === 'thinking' || (block.type === 'text' && block.text.trim() === '');
}

function toolResult(target: Target, given: ToolResultMessage): Part {
  const texts = given.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  const images = given.content.flatMap((block) => (block.type === 'image' ? [block] : []));
  const takesImages = acceptsImages(target);
  // Without the note, a model would take a screenshot tool's result for empty and call the tool again.
  if (images.length > 0 && !takesImages) texts.push(NO_IMAGES);
  return {
    tag: 'tool-result',
    val: {
      callId: given.toolCallId,
      name: given.toolName,
      text: texts.join('\n'),
      media: takesImages ? images.map(media) : [],
      isError: given.isError,
    },
  };
}
