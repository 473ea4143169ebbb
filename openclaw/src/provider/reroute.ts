/** Whether another model responded than the requested one. */

/** Suffixes by which vendors name a snapshot of a model: a date, a revision, a stage such as `preview`. */
const SNAPSHOT = /^(?:[-@:.](?:preview|exp|latest|beta|\d{4}-\d{2}-\d{2}|\d{2}-\d{2,4}|\d{3,8}|v\d+(?::\d+)?))+$/;

/**
 * The model that responded, if it is another one than the requested. OpenClaw marks a turn with a `responseModel` as
 * rerouted, so a snapshot of the requested model must not be reported:
 * `gpt-5.4-2026-03-05` is `gpt-5.4`, `openai/gpt-5.4` is too, and `gpt-5.4-mini` is not.
 */
export function rerouted(requested: string, responded: string | undefined): string | undefined {
  if (!responded) return undefined;
  const one = bare(requested);
  const other = bare(responded);
  return one === other || isSnapshotOf(one, other) || isSnapshotOf(other, one) ? undefined : responded;
}

/** The id without a vendor's prefix, in lower case: gateways differ in both. */
function bare(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1).toLowerCase();
}

function isSnapshotOf(name: string, id: string): boolean {
  const base = name.replace(/-latest$/, '');
  return id.startsWith(base) && (id === base || SNAPSHOT.test(id.slice(base.length)));
}
