/** An agent's conversations with tools and reasoning, which the test host plays from the same data. */

import { readFileSync } from 'node:fs';
import type { Event, Message, Part, Request, Session } from '../../src/component/contract.js';
import { Grammar } from './grammar.js';

interface Repeated {
  text: string;
  times: number;
}

interface Script {
  /** Responses of a conversation. */
  responses: number;
  instructions: Repeated;
  tools: string[];
  parameters: string;
  effort: string;
  'cache-key': string;
  /** What the user wants, in turn. */
  tasks: string[];
  /** What the user attaches to some turns. */
  files: Repeated & { every: number };
  result: Repeated;
  /** A model for each route. */
  routes: { route: string; model: string }[];
}

const FILE = new URL('../../../../host-test/conformance/src/agent.json', import.meta.url);

export const SCRIPT = JSON.parse(readFileSync(FILE, 'utf8')) as Script;

/** Fills the placeholders of a text. */
function filled(text: string, values: Record<string, unknown>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

function user(texts: string[]): Message {
  return { role: 'user', content: texts.map((text) => ({ tag: 'text', val: { text } })), cacheHere: false };
}

export class Agent {
  /** Responses so far. */
  responses = 0;
  /** Those with reasoning. */
  reasoned = 0;
  #turns = 0;
  readonly #messages: Message[];

  constructor(private readonly session: Session) {
    const { text, times } = SCRIPT.instructions;
    const rules = Array.from({ length: times }, (_, at) => filled(text, { number: at + 1 }));
    this.#messages = [{ role: 'system', content: [{ tag: 'text', val: { text: rules.join('') } }], cacheHere: false }];
  }

  /** A text of the user, and responses until one has no call. Returns what is wrong with them. */
  async turn(route: string, model: string): Promise<string[]> {
    const turn = ++this.#turns;
    const { tasks, files, result } = SCRIPT;
    const attached = turn % files.every === 0 ? files.times : 0;
    const texts = Array.from({ length: attached }, (_, at) => filled(files.text, { number: at + 1, turn }));
    this.#messages.push(user([...texts, filled(tasks[(turn - 1) % tasks.length] ?? '', { turn })]));
    const wrongs: string[] = [];
    for (;;) {
      const { content, warnings, tookRoute, wrong } = await this.#complete(this.#request(route, model));
      const place = `${route}, response ${++this.responses}`;
      if (wrong) wrongs.push(`${place}: ${wrong}`);
      if (tookRoute !== route) wrongs.push(`${place} came by the route ${tookRoute}`);
      // A change of the route loses something, and says so once.
      if (warnings.length > 1) wrongs.push(`${place} has more than one warning: ${warnings.join('; ')}`);
      if (content.some(({ tag }) => tag === 'reasoning')) this.reasoned += 1;
      this.#messages.push({ role: 'assistant', content, cacheHere: false });
      const calls = content.flatMap((part) => (part.tag === 'tool-call' ? [part.val] : []));
      if (calls.length === 0) return wrongs;
      const results = calls.map(({ id, name }): Part => {
        const text = filled(result.text, { name, turn }).repeat(result.times);
        return { tag: 'tool-result', val: { callId: id, text, media: [], isError: false } };
      });
      this.#messages.push({ role: 'tool', content: results, cacheHere: false });
    }
  }

  #request(route: string, model: string): Request {
    return {
      model,
      route,
      messages: [...this.#messages],
      tools: SCRIPT.tools.map((name) => ({
        name,
        description: `The tool ${name} of a coding agent`,
        parametersJson: SCRIPT.parameters,
      })),
      reasoning: { effort: SCRIPT.effort, includeText: true },
      cacheKey: SCRIPT['cache-key'],
      stop: [],
    };
  }

  async #complete(request: Request): Promise<Completed> {
    const completed = new Completed();
    for await (const batch of this.session.complete(request)) {
      for (const event of batch) completed.read(event);
    }
    return completed;
  }
}

/** A response, and the message that it becomes. */
class Completed {
  readonly content: Part[] = [];
  readonly warnings: string[] = [];
  tookRoute = '';
  /** The first violation of the grammar. */
  wrong: string | undefined;
  readonly #grammar = new Grammar();
  readonly #parts = new Map<number, Extract<Part, { tag: 'text' | 'reasoning' | 'tool-call' }>>();

  read(event: Event): void {
    this.wrong ??= this.#grammar.read(event);
    switch (event.tag) {
      case 'response':
        this.tookRoute = event.val.route;
        break;
      case 'warning':
        this.warnings.push(event.val);
        break;
      case 'block-start': {
        const { index, kind } = event.val;
        const part =
          kind.tag === 'tool-call'
            ? { tag: kind.tag, val: { ...kind.val, argumentsJson: '' } }
            : { tag: kind.tag === 'reasoning' ? kind.tag : ('text' as const), val: { text: '' } };
        this.#parts.set(index, part);
        this.content.push(part);
        break;
      }
      case 'block-delta': {
        const part = this.#parts.get(event.val.index);
        if (part && part.tag !== 'tool-call') part.val.text += event.val.text;
        break;
      }
      case 'block-end': {
        const { index, replay, arguments: args } = event.val;
        const part = this.#parts.get(index);
        if (part && replay !== undefined) part.val.replay = replay;
        if (part?.tag === 'tool-call' && args) part.val.argumentsJson = args.tag === 'object' ? args.val : args.val.raw;
        break;
      }
    }
  }
}
