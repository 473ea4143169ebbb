import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { damageOf } from '../../src/component/integrity.js';

const BUILT = new URL('../../', import.meta.url);
const FILES = ['cometapi.wasm', 'redaction.wasm', 'generated/cometapi.js', 'generated/cores.js'];
const LIST = 'generated/digests.json';

/** What is reported of a package after something happened to its folder. */
async function after(happening: (folder: string) => Promise<unknown>): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'openclaw-damaged-'));
  try {
    await mkdir(join(folder, 'generated'));
    for (const path of [...FILES, LIST]) await copyFile(new URL(path, BUILT), join(folder, path));
    await happening(folder);
    return damageOf(pathToFileURL(`${folder}/`));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the built package is sound, and so is a copy of it', async () => {
  assert.equal(damageOf(), undefined);
  assert.equal(await after(async () => undefined), undefined);
});

test('the list covers what runs and what is compiled', async () => {
  const listed = JSON.parse(await readFile(new URL(LIST, BUILT), 'utf8'));
  assert.deepEqual(Object.keys(listed).sort(), [...FILES].sort());
});

for (const path of [...FILES, LIST]) {
  test(`without ${path} the package is damaged, and the report says what to do`, async () => {
    const reason = await after((folder) => rm(join(folder, path)));
    assert.match(
      reason ?? '',
      new RegExp(`^the CometAPI plugin is damaged: ${path} is missing; install it again: "openclaw `),
    );
  });
}

for (const path of FILES) {
  test(`with one changed byte in ${path} the package is damaged`, async () => {
    const reason = await after(async (folder) => {
      const bytes = await readFile(join(folder, path));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(join(folder, path), bytes);
    });
    assert.match(reason ?? '', new RegExp(`: ${path} was changed; install it again`));
  });
}

test('a list that was cut off is a damage as well', async () => {
  const reason = await after((folder) => writeFile(join(folder, LIST), '{"cometapi.wasm": "'));
  assert.match(reason ?? '', /digests.json is not a list of digests; install it again/);
});
