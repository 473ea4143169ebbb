/** The table of spellings that the tests of every host read. */

import { existsSync, readFileSync } from 'node:fs';

/** A key, the spellings of it that are removed, and those that pass through. */
export interface TableEntry {
  key: string;
  spellings: Record<string, string>;
  gaps: Record<string, string>;
}

const PLACE = 'host-test/redaction/spellings.json';

/** The table is in the repository, above this folder. */
function find(from: URL): URL {
  const file = new URL(PLACE, from);
  if (existsSync(file)) return file;
  const above = new URL('../', from);
  if (above.href === from.href) throw new Error(`${PLACE} is missing in the repository`);
  return find(above);
}

export const TABLE = (JSON.parse(readFileSync(find(new URL('./', import.meta.url)), 'utf8')) as { keys: TableEntry[] })
  .keys;

/** The key of the table that can stand in a JSON text without escapes. */
export const PLAIN = TABLE[0] as TableEntry;

/** A text with all escapes undone, so that a search for the key finds it in any spelling. */
export function unescaped(text: string): string {
  let before: string;
  let after = text;
  do {
    before = after;
    after = after
      .replace(/\\+u00([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
      .replace(/%(?:25)*([2-7][0-9a-f])/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
      .replace(/\\+(["/])/g, '$1');
  } while (after !== before);
  return after;
}
