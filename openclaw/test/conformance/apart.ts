/** Plays the case on stdin, and prints what is wrong with it as JSON. */

import { text } from 'node:stream/consumers';
import type { Case } from './cases.js';
import { play } from './play.js';

const { playing, baseUrl, key } = JSON.parse(await text(process.stdin)) as {
  playing: Case;
  baseUrl: string;
  key: string;
};
console.log(JSON.stringify(await play(playing, { baseUrl, key })));
