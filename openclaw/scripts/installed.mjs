// Exits with 0 if `node_modules` is what `package-lock.json` lists, and with 1 otherwise.
//
// npm writes `node_modules/.package-lock.json` at the end of an installation, so an interrupted one has none.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The entry of each package by path; `undefined` if there is no such list. */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

const wanted = packagesOf('package-lock.json');
const there = packagesOf('node_modules/.package-lock.json');

/** Whether a package is installed as it is listed. */
function installed([path, entry]) {
  const found = there[path];
  // npm skips optional packages for other platforms.
  if (!found) return path === '' || entry.optional === true;
  return found.version === entry.version && found.integrity === entry.integrity;
}

process.exit(wanted && there && Object.entries(wanted).every(installed) ? 0 : 1);
