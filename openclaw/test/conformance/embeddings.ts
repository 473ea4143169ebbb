/**
 * The cases of embeddings. A wrong vector, or that of another text, is never noticed later: a search with it only finds the
 * wrong things. So each number is compared.
 */

import type { Embedding, Session } from '../../src/component/contract.js';
import type { Case } from './cases.js';
import { counted, type Differences, PROMPT } from './differences.js';

/** The texts of a request. */
const TEXTS = [PROMPT, 'another text'];

/** The numbers of a vector that the stand-in makes for a model that it does not know. */
const LENGTH = 1024;

/** Requests the vectors of a scenario, which the model names. */
export async function embed(session: Session, playing: Case, differences: Differences): Promise<Embedding> {
  const { scenario = '', expect = {} } = playing;
  const input = TEXTS.slice(0, expect.vectors?.length ?? TEXTS.length);
  const embedding = await session.embed({ model: scenario, input });
  const expected = (expect.vectors ?? input.map(vectorOf)).map((vector) => Float32Array.from(vector));
  const is = embedding.vectors;
  const same = is.length === expected.length && is.every((vector, at) => sameNumbers(vector, expected[at]));
  // Not printed: they are thousands of numbers.
  if (!same) differences.note('the vectors are not those of the texts, in the order of the texts');
  counted(embedding.usage, expect, differences);
  return embedding;
}

function sameNumbers(vector: Float32Array, expected: Float32Array | undefined): boolean {
  return vector.length === expected?.length && vector.every((number, at) => number === expected[at]);
}

/** The stand-in's vector of a text: see `host-test/stand-in/src/routes/embeddings.rs`. Each step has 32 bits. */
function vectorOf(text: string): Float32Array {
  const wrap = (number: bigint): bigint => BigInt.asUintN(64, number);
  let state = 0xcbf2_9ce4_8422_2325n;
  for (const byte of Buffer.from(text)) state = wrap((state ^ BigInt(byte)) * 0x0100_0000_01b3n);
  const numbers = new Float32Array(LENGTH);
  for (let at = 0; at < LENGTH; at += 1) {
    state ^= wrap(state << 13n);
    state ^= state >> 7n;
    state ^= wrap(state << 17n);
    numbers[at] = Math.fround(Number(state >> 40n) / 2 ** 23) - 1;
  }
  const { fround } = Math;
  const norm = fround(Math.sqrt(numbers.reduce((sum, number) => fround(sum + fround(number * number)), 0)));
  return numbers.map((number) => number / norm);
}
