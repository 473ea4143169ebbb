/**
 * Checks that the files of the package that run or are compiled are those that it was built with.
 *
 * A half-written installation is otherwise noticed only by the hook that happens to need the file, and OpenClaw reports
 * most of their failures as "no models". This is no protection against an attacker, who would change the list as well.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The package's folder. */
const ROOT = new URL('../../', import.meta.url);

/** SHA-256 of each file in hexadecimal, by its path in the package. `scripts/make-bindings.mjs` writes it. */
const DIGESTS = 'generated/digests.json';

/** What repairs a damaged package. The plugin does not know from where it was installed. */
export const REPAIR =
  'install it again: "openclaw plugins install PACKAGE --force --accept-capabilities", with the file or name that it ' +
  'was installed from, and restart the gateway';

/** The file that is damaged and how to repair it, or `undefined` for a sound package. Takes about a millisecond. */
export function damageOf(root: URL = ROOT): string | undefined {
  const listed = read(root, DIGESTS);
  if (listed === undefined) return damaged(DIGESTS, 'is missing');
  let digests: Record<string, string>;
  try {
    digests = JSON.parse(listed.toString());
  } catch {
    return damaged(DIGESTS, 'is not a list of digests');
  }
  for (const [path, expected] of Object.entries(digests)) {
    const bytes = read(root, path);
    if (bytes === undefined) return damaged(path, 'is missing');
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== expected) return damaged(path, 'was changed');
  }
  return undefined;
}

/** A file's bytes, or `undefined` if it cannot be read. */
function read(root: URL, path: string): Buffer | undefined {
  try {
    return readFileSync(new URL(path, root));
  } catch {
    return undefined;
  }
}

/** Without the folder: OpenClaw runs a copy of the package, and its path would point a person to the wrong file. */
export function damaged(path: string, what: string): string {
  return `the CometAPI plugin is damaged: ${path} ${what}; ${REPAIR}`;
}
