/** Whether another model answered than the one that was asked. */

/** What vendors put behind a model's name for one state of it: a date, a revision, a word for an early state. */
const STATE = /^(?:[-@:.](?:preview|exp|latest|beta|\d{4}-\d{2}-\d{2}|\d{2}-\d{2,4}|\d{3,8}|v\d+(?::\d+)?))+$/;

/**
 * OpenClaw marks a turn as rerouted when an answering model is named, so only another model may be named.
 * `gpt-5.4-2026-03-05` is `gpt-5.4`, `openai/gpt-5.4` is too, and `gpt-5.4-mini` is not.
 */
export function rerouted(asked: string, answered: string | undefined): string | undefined {
  if (!answered) return undefined;
  const one = bare(asked);
  const other = bare(answered);
  return one === other || isStateOf(one, other) || isStateOf(other, one) ? undefined : answered;
}

/** Without the vendor before it, in lower case: gateways differ in both. */
function bare(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1).toLowerCase();
}

function isStateOf(name: string, id: string): boolean {
  const base = name.replace(/-latest$/, '');
  return id.startsWith(base) && (id === base || STATE.test(id.slice(base.length)));
}
