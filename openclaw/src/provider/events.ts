/**
 * Maps the contract's events to OpenClaw's, one by one.
 *
 * All events of a turn carry the same message object, which grows with them, as with OpenClaw's own transports. A copy
 * for each delta would make the work quadratic in the length of the response.
 */

import type { BlockEnd, BlockKind, Event, Finish, ResponseInfo } from '../component/contract.js';
import type { AssistantMessage, AssistantMessageEvent, Model, ToolCall } from '../sdk.js';
import { type FailureFields, failureFields, ownFailure } from './failover.js';
import { seal } from './replay.js';
import { rerouted } from './reroute.js';
import { routeOfApi } from './routes/table.js';
import { parseArguments } from './tool_arguments.js';
import { unknownUsage, usageOf } from './usage.js';

type Block = AssistantMessage['content'][number];

/** The turn of the assistant that is being received. */
export class Turn {
  readonly message: AssistantMessage;
  readonly #model: Model;
  readonly #now: () => number;
  /** The position in the message of each block of the contract, by its index. */
  readonly #positions = new Map<number, number>();
  /** Tool calls with invalid arguments, and the reasons. */
  readonly #malformed: { name: string; reason: string }[] = [];
  /** There is a tool call with valid arguments. */
  #complete = false;
  #started = false;

  constructor(model: Model, now: () => number = Date.now) {
    this.#model = model;
    this.#now = now;
    this.message = {
      role: 'assistant',
      content: [],
      api: model.api,
      provider: model.provider,
      model: model.id,
      usage: unknownUsage(),
      // OpenClaw requires a value from the start; the last event sets the real one.
      stopReason: 'stop',
      timestamp: now(),
    };
  }

  /** OpenClaw's events for one of the contract. The first of all is `start`. */
  take(event: Event): AssistantMessageEvent[] {
    if (event.tag === 'response') this.#respond(event.val);
    const events = this.#started ? [] : [this.#start()];
    switch (event.tag) {
      case 'response':
        break;
      case 'block-start':
        events.push(this.#open(event.val.index, event.val.kind));
        break;
      case 'block-delta':
        events.push(this.#grow(event.val.index, event.val.text));
        break;
      case 'block-end':
        events.push(this.#close(event.val));
        break;
      case 'warning':
        this.#note('cometapi_warning', { text: event.val });
        break;
      case 'finish':
        events.push(this.#finish(event.val));
    }
    return events;
  }

  /** Ends a turn that failed. The content received before stays in the message. */
  fail(thrown: unknown): AssistantMessageEvent {
    return this.#end('error', failureFields(thrown, this.#now()));
  }

  /** Ends a turn with a failure that the plugin detected. */
  refuse(fields: FailureFields): AssistantMessageEvent {
    return this.#end('error', fields);
  }

  /** Ends a turn that was aborted. */
  abort(): AssistantMessageEvent {
    this.message.errorMessage = 'the request was aborted';
    return this.#end('aborted', {});
  }

  #start(): AssistantMessageEvent {
    this.#started = true;
    return { type: 'start', partial: this.message };
  }

  #respond(info: ResponseInfo): void {
    if (info.id !== undefined) this.message.responseId = info.id;
    // Most vendors report a dated snapshot, which must not be shown as another model.
    const other = rerouted(this.#model.id, info.model);
    if (other !== undefined) this.message.responseModel = other;
    // OpenClaw keeps the transcript by the adapter that it filed the model under, so `api` stays.
    if (info.route !== routeOfApi(this.#model.api).name) this.#note('cometapi_route', { route: info.route });
  }

  /** The contract's index need not be the position: OpenClaw's positions have no gaps. */
  #open(index: number, kind: BlockKind): AssistantMessageEvent {
    const contentIndex = this.message.content.length;
    this.#positions.set(index, contentIndex);
    this.message.content.push(blockOf(kind));
    const type = kind.tag === 'tool-call' ? 'toolcall' : kind.tag === 'reasoning' ? 'thinking' : 'text';
    return { type: `${type}_start`, contentIndex, partial: this.message };
  }

  #grow(index: number, delta: string): AssistantMessageEvent {
    const { contentIndex, block } = this.#block(index);
    const partial = this.message;
    if (block.type === 'text') {
      block.text += delta;
      return { type: 'text_delta', contentIndex, delta, partial };
    }
    if (block.type === 'thinking') {
      block.thinking += delta;
      return { type: 'thinking_delta', contentIndex, delta, partial };
    }
    // Fragments are not joined here: the contract delivers the whole arguments, validated, at the end of the block.
    return { type: 'toolcall_delta', contentIndex, delta, partial };
  }

  #close(end: BlockEnd): AssistantMessageEvent {
    const { contentIndex, block } = this.#block(end.index);
    const partial = this.message;
    // Only the end of a block has the replay value, because a vendor signs the complete block.
    const signature = end.replay === undefined ? undefined : seal(this.#model.id, end.replay);
    if (block.type === 'text') {
      if (signature !== undefined) block.textSignature = signature;
      return { type: 'text_end', contentIndex, content: block.text, partial };
    }
    if (block.type === 'thinking') {
      if (signature !== undefined) block.thinkingSignature = signature;
      return { type: 'thinking_end', contentIndex, content: block.thinking, partial };
    }
    if (signature !== undefined) block.thoughtSignature = signature;
    this.#fill(block, end);
    return { type: 'toolcall_end', contentIndex, toolCall: block, partial };
  }

  #fill(call: ToolCall, end: BlockEnd): void {
    if (end.arguments?.tag === 'object') {
      // Cannot throw: the contract guarantees a JSON object here, and hands out anything else as malformed.
      call.arguments = parseArguments(end.arguments.val);
      this.#complete = true;
    } else {
      this.#malformed.push({ name: call.name, reason: end.arguments?.val.reason ?? 'the arguments are missing' });
    }
  }

  #block(index: number): { contentIndex: number; block: Block } {
    const contentIndex = this.#positions.get(index);
    const block = contentIndex === undefined ? undefined : this.message.content[contentIndex];
    if (contentIndex === undefined || !block)
      throw new Error(`the component sent an event of block ${index} before its start; report this as a bug`);
    return { contentIndex, block };
  }

  #finish(finish: Finish): AssistantMessageEvent {
    // First, so that a turn that ends in an error below still reports the tokens that it cost.
    this.message.usage = usageOf(finish.usage, this.#model);
    const { reason, rawReason } = finish;
    const raw = rawReason === undefined ? '' : ` ("${rawReason}")`;
    if (reason.tag === 'content-filter') {
      const what = `a content filter of the provider ended the response${raw}`;
      return this.refuse(ownFailure('content-filtered', `${what}; change the prompt or use another model`));
    }
    const [malformed] = this.#malformed;
    // At the token limit OpenClaw runs no tool anyway, and reports the limit.
    if (malformed && reason.tag !== 'length') return this.refuse(malformedCall(malformed));
    if (reason.tag === 'other') this.#note('cometapi_finish', { reason: reason.val, rawReason: rawReason ?? null });
    if (reason.tag === 'refusal') this.#note('cometapi_refusal', { rawReason: rawReason ?? null });
    const ended = this.#reasonFor(finish);
    this.message.stopReason = ended;
    return { type: 'done', reason: ended, message: this.message };
  }

  #reasonFor({ reason, rawReason }: Finish): 'length' | 'toolUse' | 'stop' {
    if (reason.tag === 'length') return 'length';
    // Some servers end a stream without a reason. With `stop`, OpenClaw would not run the calls, and the turn would end.
    const unknown = reason.tag === 'other' && !rawReason?.trim();
    return reason.tag === 'tool-calls' || (unknown && this.#complete) ? 'toolUse' : 'stop';
  }

  /** Earlier diagnostics are kept: a warning before the failure often explains it. */
  #end(reason: 'error' | 'aborted', fields: Partial<FailureFields>): AssistantMessageEvent {
    const { diagnostics, ...rest } = fields;
    Object.assign(this.message, rest, { stopReason: reason });
    if (diagnostics) (this.message.diagnostics ??= []).push(...diagnostics);
    return { type: 'error', reason, error: this.message };
  }

  /** Diagnostics are stored with the transcript and not shown, which fits facts that need no action. */
  #note(type: string, details: Record<string, unknown>): void {
    (this.message.diagnostics ??= []).push({ type, timestamp: this.#now(), details });
  }
}

/** OpenClaw has no block for a refusal. It is text for the user; the finish notes that it is a refusal. */
function blockOf(kind: BlockKind): Block {
  if (kind.tag === 'tool-call') return { type: 'toolCall', id: kind.val.id, name: kind.val.name, arguments: {} };
  if (kind.tag === 'reasoning') return { type: 'thinking', thinking: '' };
  return { type: 'text', text: '' };
}

/** No tool of the turn is run, because one call may depend on the effect of another. */
function malformedCall(call: { name: string; reason: string }): FailureFields {
  const what = `the model called the tool "${call.name}" with invalid arguments (${call.reason})`;
  return ownFailure('malformed-tool-call', `${what}; no tool was run, send the request again or use another model`);
}
