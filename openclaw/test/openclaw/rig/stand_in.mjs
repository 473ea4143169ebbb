/** The test host's stand-in of CometAPI, as a process of its own on any free port. */

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { settings } from './settings.mjs';

/**
 * @typedef {object} StandIn
 * @property {string} baseUrl - such as `http://127.0.0.1:40000/v1`
 * @property {string} key - a key that it accepts; the stamped one requires none
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string[]} flags - further arguments, such as `--stamped`
 * @returns {Promise<StandIn>}
 */
export async function startStandIn(...flags) {
  const child = spawn(settings.hostTest, ['stand-in', '--json', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => child.once('close', resolve));
  const failed = new Promise((_, reject) => child.once('error', reject));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([lines[Symbol.asyncIterator]().next(), failed]);
  if (first.done) throw new Error(`'${settings.hostTest} stand-in' ended and said nothing`);
  const said = JSON.parse(first.value);
  return {
    baseUrl: said['base-url'],
    key: said.key ?? 'sk-stand-in-0123456789',
    async stop() {
      child.kill('SIGINT');
      await gone;
    },
  };
}
