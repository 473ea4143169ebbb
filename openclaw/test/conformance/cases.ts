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
  vectors?: number[][];
}

export type Route = 'chat' | 'key-list' | 'catalogue' | 'billing' | 'embeddings';

/** The wire routes beside the one that a model without facts takes. Each has scenarios of its own. */
export const WIRE_ROUTES = ['responses', 'messages', 'gemini'] as const;
export type WireRoute = (typeof WIRE_ROUTES)[number];

export interface Case {
  name: string;
  ask?: Route;
  /** The wire route that the request names. */
  wire?: WireRoute;
  scenario?: string;
  setup?: Setup;
  tls?: string;
  when?: 'any' | 'text' | 'tools' | 'reasoning';
  expect?: Expect;
}

interface Scenario extends Omit<Case, 'ask' | 'wire' | 'scenario' | 'tls'> {
  route?: Route | WireRoute;
}

function read<T>(file: URL): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** All of them. */
export function cases(): Case[] {
  const ofRoutes = WIRE_ROUTES.flatMap((wire) => [`routes/${wire}.json`, `routes/${wire}-quirks.json`]);
  const files = readdirSync(SCENARIOS).filter((name) => name.endsWith('.json'));
  const scenarios = [...files, ...ofRoutes, 'routes/embeddings.json'].flatMap((name) =>
    read<Scenario[]>(new URL(name, SCENARIOS)),
  );
  const played = scenarios.filter(({ name }) => !IN_CODE.includes(name));
  const written = read<Case[]>(CASES);
  return [
    ...written,
    ...WIRE_ROUTES.flatMap((wire) => written.filter(isOfNoScenario).map((each) => onRoute(each, wire))),
    ...played.map(
      ({ name, setup, when, expect, route }): Case => ({
        name,
        scenario: name,
        ...(route && (isWire(route) ? { wire: route } : { ask: route })),
        ...(setup && { setup }),
        ...(when && { when }),
        ...(expect && { expect }),
      }),
    ),
  ];
}

/** Whether a case is about the connection, and so the same on each route. */
function isOfNoScenario({ ask = 'chat', scenario, tls }: Case): boolean {
  return ask === 'chat' && !scenario && !tls;
}

function onRoute(written: Case, wire: WireRoute): Case {
  return { ...written, name: `${written.name}-on-${wire}`, wire };
}

function isWire(route: Route | WireRoute): route is WireRoute {
  return (WIRE_ROUTES as readonly string[]).includes(route);
}
