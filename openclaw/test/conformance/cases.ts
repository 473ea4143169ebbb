/** The harness's conformance cases that are data: its `cases.json`, and each of the stand-in's scenarios. */

import { readdirSync, readFileSync } from 'node:fs';

const HARNESS = new URL('../../../../host-test/src/', import.meta.url);

/** Scenarios that are no case by themselves: the harness makes cases of them in code. */
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

function read<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, HARNESS), 'utf8')) as T;
}

/** All of them. */
export function cases(): Case[] {
  const files = readdirSync(new URL('stand_in/scenarios/', HARNESS)).filter((name) => name.endsWith('.json'));
  const scenarios = files.flatMap((name) => read<Scenario[]>(`stand_in/scenarios/${name}`));
  const played = scenarios.filter(({ name }) => !IN_CODE.includes(name));
  return [
    ...read<Case[]>('conformance/cases.json'),
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
