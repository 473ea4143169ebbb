/** The package as a file: the same bytes from the same sources, wherever it is built. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { settings } from './rig/settings.mjs';

const run = promisify(execFile);
const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** What is made, and what is installed: not copied, so that the copy has to make it. */
const MADE = new Set(['node_modules', 'generated', 'build']);

test('built again in another folder, the package is the same to the byte', async (context) => {
  const copy = await mkdtemp(join(tmpdir(), 'openclaw-again-'));
  context.after(() => rm(copy, { recursive: true, force: true }));
  const openclaw = join(copy, 'openclaw');
  await cp(join(repository, 'openclaw'), openclaw, { recursive: true, filter: (path) => !MADE.has(basename(path)) });
  await symlink(join(repository, 'openclaw', 'node_modules'), join(openclaw, 'node_modules'));
  await cp(join(repository, 'dist', 'plugins'), join(copy, 'dist', 'plugins'), { recursive: true });
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) await cp(join(repository, licence), join(copy, licence));
  const table = join('src', 'catalogue', 'built_in.json');
  await cp(join(repository, table), join(copy, table));
  await mkdir(join(copy, 'packed'));

  const redaction = join(settings.staged, 'redaction.wasm');
  const build = join(openclaw, 'scripts', 'build.mjs');
  await run(process.execPath, [build, join(copy, 'packed'), settings.types, redaction]);
  const again = await readFile(join(copy, 'packed', basename(settings.tarball)));
  assert.ok(again.equals(await readFile(settings.tarball)), 'the two tarballs differ');
});
