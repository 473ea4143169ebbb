// Changes the host in small ways, one at a time, and runs its tests: a change that no test notices is a survivor.
//
//   node scripts/mutants.mjs [--tests=GLOB] MODULE...        such as host/exchange, without an ending
//
// It works on a copy of build/, so run 'make openclaw' before, and needs Node 22 or newer. It prints each survivor, and
// exits with 1 if there is one. --tests chooses among build/test/, to save time: [{host,component}/*].

import { spawn } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const openclaw = join(dirname(fileURLToPath(import.meta.url)), '..');

/** No run may take longer, in milliseconds. A mutant that hangs is noticed as well. */
const PATIENCE_MS = 300_000;

/** Changes to a line: what to look for, and what to write instead. */
const CHANGES = [
  [/^(\s*(?:\} else )?if \()(.*)(\).*)$/, '$1!($2)$3'],
  [/ && /, ' || '],
  [/ \|\| /, ' && '],
  [/ === /, ' !== '],
  [/ !== /, ' === '],
  [/ < /, ' <= '],
  [/ <= /, ' < '],
  [/ > /, ' >= '],
  [/ >= /, ' > '],
  [/ \+ 1\b/, ' + 0'],
  [/\btrue\b/, 'false'],
  [/\bfalse\b/, 'true'],
  // A statement that is left out.
  [/^(\s+)(?:this\.|clear|throw |await |[a-z]+\.)[^{}]*;$/, '$1;'],
];

/** The mutants of a module: its text with one change, and the change for people. */
function* mutantsOf(source) {
  const lines = source.split('\n');
  for (const [at, line] of lines.entries()) {
    if (/^\s*(\/\/|\*|\/\*|import |export \{)/.test(line)) continue;
    const [code] = line.split(' // ');
    for (const [pattern, replacement] of CHANGES) {
      const changed = code.replace(pattern, replacement);
      if (changed === code) continue;
      yield { text: lines.with(at, changed).join('\n'), shown: `${at + 1}: ${line.trim()}  →  ${changed.trim()}` };
    }
  }
}

/** Whether the tests in this folder pass. */
function passes(folder) {
  const tests = globSync(join(folder, 'build', 'test', `${pattern}.test.js`));
  if (tests.length === 0) throw new Error(`no test is named ${pattern}`);
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--test', '--test-concurrency=2', ...tests], { stdio: 'ignore' });
    const hangs = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.once('close', (code) => {
      clearTimeout(hangs);
      done(code === 0);
    });
  });
}

/** A copy of what the tests need. */
function copy() {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  cpSync(join(openclaw, 'build'), join(folder, 'build'), { recursive: true });
  // The compiled modules are ES modules because of this file, and the tests look for the table of spellings above it.
  cpSync(join(openclaw, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(openclaw, '..', 'host-test'), join(folder, 'host-test'));
  return folder;
}

const { values, positionals: modules } = parseArgs({ allowPositionals: true, options: { tests: { type: 'string' } } });
// The tests of the host and the sandbox. Those of the provider do not reach it.
const pattern = values.tests ?? '{host,component}/*';
if (modules.length === 0) throw new Error('usage: mutants.mjs [--tests=GLOB] MODULE..., such as host/exchange');

const waiting = modules.flatMap((module) => {
  const source = readFileSync(join(openclaw, 'build', 'src', `${module}.js`), 'utf8');
  return [...mutantsOf(source)].map((mutant) => ({ module, ...mutant, source }));
});
const survivors = [];
let run = 0;

async function work() {
  const folder = copy();
  try {
    if (!(await passes(folder))) throw new Error('the tests fail without a change; run them first');
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const path = join(folder, 'build', 'src', `${mutant.module}.js`);
      writeFileSync(path, mutant.text);
      if (await passes(folder)) {
        survivors.push(`${mutant.module}:${mutant.shown}`);
        console.log(`survived  ${survivors.at(-1)}`);
      }
      run++;
      writeFileSync(path, mutant.source);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await Promise.all(Array.from({ length: Math.max(1, availableParallelism() >> 1) }, work));
console.log(`${run} mutants of ${modules.join(', ')}: ${survivors.length} survived`);
process.exit(survivors.length === 0 ? 0 : 1);
