/**
 * A home of its own for OpenClaw: nothing of the user's is read, and nothing is written outside of it. Commands get
 * an environment that is made here and takes nothing over.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { settings } from './settings.mjs';

/** No command may take longer, in milliseconds: long enough that only a hang is caught. */
const PATIENCE_MS = 600_000;

/**
 * @typedef {object} Outcome
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {number} ms - how long it took
 */

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string>} [env] - beside the home's own
 * @property {string} [stdin]
 * @property {number} [code] - the exit code that it has to end in [0]
 * @property {(child: import('node:child_process').ChildProcess) => void} [started] - called with the process
 */

export class Home {
  /** What every command wrote, for the search for the key. */
  #written = '';

  /** @param {string} path */
  constructor(path) {
    this.path = path;
    this.workspace = join(path, 'work');
    /** Of OpenClaw, a JavaScript file. */
    this.command = settings.command;
  }

  static async create() {
    const home = new Home(await mkdtemp(join(tmpdir(), 'openclaw-test-')));
    await mkdir(join(home.path, 'state'));
    await mkdir(join(home.path, 'tmp'));
    await mkdir(home.workspace);
    return home;
  }

  /** A home with the plugin installed, by OpenClaw's own command. */
  static async withPlugin() {
    const home = await Home.create();
    await home.run(['plugins', 'install', settings.tarball, '--force', '--accept-capabilities']);
    return home;
  }

  /** @param {Record<string, string>} more */
  #environment(more) {
    const own = this.path;
    return {
      PATH: [dirname(settings.node), process.env.PATH].join(delimiter),
      HOME: own,
      TMPDIR: join(own, 'tmp'),
      OPENCLAW_HOME: own,
      OPENCLAW_STATE_DIR: join(own, 'state'),
      OPENCLAW_CONFIG_PATH: join(own, 'openclaw.json'),
      NODE_COMPILE_CACHE: settings.compiled,
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
      CI: '1',
      ...more,
    };
  }

  /**
   * Starts a command of OpenClaw's, whose output is decoded and kept for the search for the key.
   *
   * @param {string[]} args
   * @param {Record<string, string>} [env]
   */
  spawn(args, env = {}) {
    const child = spawn(settings.node, [this.command, ...args], {
      cwd: this.workspace,
      env: this.#environment(env),
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.#written += text));
    }
    return child;
  }

  /**
   * Runs a command of OpenClaw's to its end.
   *
   * @param {string[]} args
   * @param {RunOptions} [options]
   * @returns {Promise<Outcome>}
   */
  async run(args, { env = {}, stdin = '', code = 0, started } = {}) {
    const began = performance.now();
    const child = this.spawn(args, env);
    const hangs = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    // A command that is killed does not read on.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    started?.(child);
    /** @type {Outcome} */
    const outcome = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit, signal) => {
        resolve({ code: exit, signal, stdout, stderr, ms: performance.now() - began });
      });
    });
    clearTimeout(hangs);
    const log = `openclaw ${args.join(' ')}\n${stdout}\n${stderr}`.slice(-6000);
    assert.equal(outcome.code, code, `exit code ${outcome.code}, signal ${outcome.signal}: ${log}`);
    return outcome;
  }

  /**
   * The same, for commands that print JSON.
   *
   * @param {string[]} args
   * @param {RunOptions} [options]
   * @returns {Promise<any>}
   */
  async json(args, options) {
    const { stdout, stderr } = await this.run([...args, '--json'], options);
    try {
      return JSON.parse(stdout);
    } catch (error) {
      throw new Error(`openclaw ${args.join(' ')} wrote no JSON: ${stdout.slice(0, 2000)}\n${stderr.slice(0, 2000)}`, {
        cause: error,
      });
    }
  }

  /**
   * A folder for an agent to work in, with files in it.
   *
   * @param {Record<string, string | Buffer>} files
   * @returns {Promise<string>} its path
   */
  async folder(files = {}) {
    const path = await mkdtemp(join(this.workspace, 'turn-'));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), content);
    }
    return path;
  }

  /** Merges settings into OpenClaw's configuration. @param {Record<string, unknown>} settings */
  async configure(settings) {
    const path = join(this.path, 'openclaw.json');
    const there = JSON.parse(await readFile(path, 'utf8').catch(() => '{}'));
    await writeFile(path, JSON.stringify({ ...there, ...settings }));
  }

  /**
   * Files that hold a text, relative to the home; and `output`, where a command wrote it.
   *
   * @param {string} secret
   * @returns {Promise<string[]>}
   */
  async placesOf(secret) {
    const entries = await readdir(this.path, { recursive: true, withFileTypes: true });
    const places = this.#written.includes(secret) ? ['output'] : [];
    for (const entry of entries.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path);
      if (bytes.includes(secret) || bytes.includes(Buffer.from(secret).toString('base64'))) {
        places.push(relative(this.path, path));
      }
    }
    return places;
  }

  async remove() {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}
