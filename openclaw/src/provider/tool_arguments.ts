/** Parses the arguments of a tool call without changing a number. */

/** An integer of so many digits may be one that a JavaScript number cannot hold. */
const LONG = /\d{16}/;

/** A number of JSON. */
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * The arguments as an object. An integer beyond 2^53, such as the id of a message, becomes a text with its digits, as
 * in OpenClaw's own transports: as a number it would be another id.
 */
export function parseArguments(json: string): Record<string, unknown> {
  return JSON.parse(LONG.test(json) ? withLongIntegersAsTexts(json) : json) as Record<string, unknown>;
}

function withLongIntegersAsTexts(json: string): string {
  let result = '';
  for (let at = 0; at < json.length; ) {
    const opening = json.indexOf('"', at);
    const end = opening < 0 ? json.length : opening;
    result += json.slice(at, end).replace(NUMBER, (number) => (isExact(number) ? number : `"${number}"`));
    // Digits in a text stay as they are.
    at = opening < 0 ? json.length : endOfText(json, opening);
    result += json.slice(end, at);
  }
  return result;
}

/** Whether a number keeps its digits. One with a fraction or an exponent is an approximation anyway. */
function isExact(number: string): boolean {
  return /[.eE]/.test(number) || Number.isSafeInteger(Number(number));
}

/** The position after the text that begins here. */
function endOfText(json: string, opening: number): number {
  for (let at = opening + 1; at < json.length; at++) {
    if (json[at] === '\\') at++;
    else if (json[at] === '"') return at + 1;
  }
  return json.length;
}
