// Ids of models for the manifest that are not in a catalogue: other spellings of current ids, and ids that have ended.

/** How OpenRouter and others qualify a family of models, whose ids people bring along. */
const QUALIFIERS = new Map([
  ['claude', 'anthropic'],
  ['deepseek', 'deepseek'],
  ['gemini', 'google'],
  ['glm', 'z-ai'],
  ['gpt', 'openai'],
  ['grok', 'x-ai'],
  ['kimi', 'moonshotai'],
  ['mimo', 'xiaomi'],
  ['minimax', 'minimax'],
  ['o', 'openai'],
  ['qwen', 'qwen'],
]);

/** The evidence that CometAPI itself ended a model; other sources are about a vendor, whose model may live on here. */
const OWN_ANNOUNCEMENT = /\bCometAPI announcement\b/;

/**
 * Other spellings of the given ids, each with the id: `claude-sonnet-5.5`, `anthropic/claude-sonnet-5-5`. A spelling that is
 * an id itself, `taken`, or that could mean two models, is left out.
 */
export function aliasesOf(ids, taken) {
  const meanings = new Map();
  for (const id of ids) {
    for (const alias of spellings(id)) meanings.set(alias, meanings.has(alias) ? undefined : id);
  }
  const known = new Set([...ids, ...taken]);
  const clear = [...meanings].filter(([alias, id]) => id !== undefined && !known.has(alias));
  return Object.fromEntries(clear.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function spellings(id) {
  // A version of one or two digits: a longer number is a day.
  const dotted = id.replace(/(?<=\d)-(?=\d{1,2}(?!\d))/g, '.');
  const dashed = id.replace(/(?<=\d)\.(?=\d)/g, '-');
  const names = new Set([id, dotted, dashed]);
  const qualifier = QUALIFIERS.get(/^[a-z]+/.exec(id)?.[0] ?? '');
  const qualified = qualifier === undefined ? [] : [...names].map((name) => `${qualifier}/${name}`);
  names.delete(id);
  return [...names, ...qualified];
}

/**
 * The models that CometAPI announced to have ended, as OpenClaw wants them: it refuses them, and `openclaw doctor --fix`
 * replaces them in a configuration. `retired` are rows of `src/catalogue/built_in.json`: id, day, successor, sources.
 */
export function suppressionsOf(provider, retired) {
  const successors = new Map(retired.map(([id, , successor]) => [id, successor]));
  /** The first successor that has not ended itself. */
  const successorOf = (id, seen = new Set()) => {
    const next = seen.has(id) ? undefined : successors.get(id);
    return next && successors.has(next) ? successorOf(next, seen.add(id)) : (next ?? undefined);
  };
  const announced = retired.filter(([, day, , sources]) => day && OWN_ANNOUNCEMENT.test(sources));
  return announced.map(([id, day]) => {
    const replacedBy = successorOf(id);
    const retirement = replacedBy === undefined ? {} : { replacedBy };
    return { provider, model: id, reason: `CometAPI ended this model on ${day}.`, retirement };
  });
}
