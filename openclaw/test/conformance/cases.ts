/** The test host's conformance cases that are data: its `cases.json`, and each of the stand-in's scenarios. */

import { readdirSync, readFileSync } from 'node:fs';

/** Where the test host keeps them. */
const CASES = new URL('../../../../host-test/conformance/src/cases.json', import.meta.url);
const SCENARIOS = new URL('../../../../host-test/stand-in/src/scenarios/', import.meta.url);

/** Scenarios that are not cases alone: the test host builds cases from them in code. */
const IN_CODE = ['q25-never-ends', 'q25-asks-to-wait-a-minute'];

export interface Setup {
  'connect-ms'?: number;
  'first-byte-ms'?: number;
  'idle-ms'?: number;
  'total-ms'?: number;
  'max-retries'?: number;
  headers?: Record<string, string>;
}

/** The expected result. An absent member is not checked. */
export interface Expect {
  text?: string;
  reasoning?: string;
  refusal?: string;
  blocks?: string[];
  tools?: [name: string, args: string][];
  malformed?: [name: string, raw: string];
  finish?: string;
  error?: string | string[];
  says?: string;
  retryable?: boolean;
  'request-sent'?: boolean;
  requests?: number;
  'waits-ms'?: [least: number, most: number];
  'within-ms'?: number;
  usage?: Record<string, number>;
  callable?: number;
  account?: string;
}

export type Route = 'chat' | 'key-list' | 'catalogue' | 'billing';

export interface Case {
  name: string;
  ask?: Route;
  scenario?: string;
  setup?: Setup;
  tls?: string;
  when?: 'any' | 'text' | 'tools' | 'reasoning';
  expect?: Expect;
}

interface Scenario extends Omit<Case, 'ask' | 'scenario' | 'tls'> {
  route?: Route;
}

function read<T>(file: URL): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** All of them. */
export function cases(): Case[] {
  const files = readdirSync(SCENARIOS).filter((name) => name.endsWith('.json'));
  const scenarios = files.flatMap((name) => read<Scenario[]>(new URL(name, SCENARIOS)));
  const played = scenarios.filter(({ name }) => !IN_CODE.includes(name));
  return [
    ...read<Case[]>(CASES),
    ...played.map(
      ({ name, setup, when, expect, route }): Case => ({
        name,
        scenario: name,
        ...(route && { ask: route }),
        ...(setup && { setup }),
        ...(when && { when }),
        ...(expect && { expect }),
      }),
    ),
  ];
}
