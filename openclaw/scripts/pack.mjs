// Packs the staged folder, checks that the package has exactly its files, and prints their sizes.
//
//   node scripts/pack.mjs FOLDER DESTINATION

import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const [folder, destination] = process.argv.slice(2);
if (!folder || !destination) throw new Error('usage: pack.mjs FOLDER DESTINATION');

/** Files below the folder, with slashes, sorted. */
function filesBelow(root) {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((path) => relative(root, path).split(sep).join('/')).sort();
}

const quietly = ['--json', '--offline', '--ignore-scripts', '--no-update-notifier'];
const output = execFileSync('npm', ['pack', ...quietly, '--pack-destination', destination, folder], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'pipe'],
});
const [packed] = JSON.parse(output);

const staged = filesBelow(folder);
const inside = packed.files.map((file) => file.path).sort();
if (JSON.stringify(staged) !== JSON.stringify(inside)) {
  console.error(
    `pack: the package differs from the staged folder; staged: ${staged.join(', ')}; packed: ${inside.join(', ')}`,
  );
  process.exit(1);
}

/** A row of the table: a size with separated thousands, and a name. */
function row(bytes, what) {
  console.log(`${bytes.toLocaleString('en-US').padStart(10)}  ${what}`);
}

const library = packed.files.filter((file) => file.path.startsWith('lib/'));
for (const file of packed.files.filter((file) => !library.includes(file))) row(file.size, file.path);
row(
  library.reduce((sum, file) => sum + file.size, 0),
  `lib/ (${library.length} modules)`,
);
row(packed.unpackedSize, 'total');
row(statSync(join(destination, packed.filename)).size, `packed: ${relative('..', join(destination, packed.filename))}`);
