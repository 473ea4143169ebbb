import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadComponent } from '../../src/component/load.js';
import { requestOf } from '../../src/provider/request.js';
import type { WireRoute } from '../../src/provider/routes/route.js';
import { DEFAULT_ROUTE, routeAmong, routeOfApi, WIRE_ROUTES } from '../../src/provider/routes/table.js';
import type { Context } from '../../src/sdk.js';
import { model, user } from './fake.js';

const CONTEXT: Context = { systemPrompt: 'Be brief.', messages: [user('hi')] };

test('each route has a name and an adapter of its own', () => {
  assert.equal(new Set(WIRE_ROUTES.map(({ name }) => name)).size, WIRE_ROUTES.length);
  assert.equal(new Set(WIRE_ROUTES.map(({ api }) => api)).size, WIRE_ROUTES.length);
  for (const route of WIRE_ROUTES) assert.equal(routeOfApi(route.api), route);
});

test('the first known route of a model counts, and the default where none is listed', () => {
  const other: WireRoute = { ...DEFAULT_ROUTE, name: 'other' };
  const known = [DEFAULT_ROUTE, other];
  assert.equal(routeAmong(['other', DEFAULT_ROUTE.name], known), other);
  assert.equal(routeAmong(['unheard-of', DEFAULT_ROUTE.name], known), DEFAULT_ROUTE);
  assert.equal(routeAmong(['unheard-of'], known), undefined);
  assert.equal(routeAmong([], known), DEFAULT_ROUTE);
});

test('a hook sees the conversation of each route, and cannot change it', () => {
  for (const route of WIRE_ROUTES) {
    const payload = route.describe(requestOf(model(), CONTEXT), CONTEXT);
    for (const name of Object.keys(payload)) assert.ok(route.reserved.includes(name), `${route.name}: ${name}`);
    assert.match(JSON.stringify(payload), /"Be brief\."/);
    assert.match(JSON.stringify(payload), /"hi"/);
  }
});

test('the component has each of the routes', async () => {
  const session = (await loadComponent()).open({ apiKey: 'none', maxRetries: 0, baseUrl: 'http://127.0.0.1:9/v1' });
  const request = { ...requestOf(model(), CONTEXT), model: 'm' };
  const fails = async (route: string): Promise<string> => {
    try {
      for await (const _batch of session.complete({ ...request, route })) break;
    } catch (error) {
      return (error as { record: { kind: { tag: string } } }).record.kind.tag;
    }
    return 'nothing';
  };
  // Port 9 of loopback refuses connections, which is all that goes wrong with a route that the component has.
  for (const { name } of WIRE_ROUTES) assert.equal(await fails(name), 'network');
  assert.notEqual(await fails('unheard-of'), 'network');
});
