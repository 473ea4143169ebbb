/** Where connections may lead: the classes of addresses, and requests to addresses and names that are out of reach. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { admits, classOf, type Reach, reachOf } from '../../src/host/addresses.js';
import { Connections } from '../../src/host/connections.js';
import { RequestOptions, send } from '../../src/host/http.js';
import { KEY, serve } from '../server.js';
import { pendingCall, request } from './calls.js';

/** The first and the last address of each network and their neighbours, which the Rust host is tested with as well. */
const EDGES = new URL('../../../../host-test/host/src/sandbox/transport/tests/addresses.json', import.meta.url);
const OWN = 'https://api.cometapi.com/v1';

test('each network begins and ends where its registry says', () => {
  const edges: [string, string, string][] = JSON.parse(readFileSync(EDGES, 'utf8'));
  assert.ok(edges.length > 90);
  for (const [address, place] of edges) assert.equal(classOf(address), place, address);
  for (const text of ['', 'localhost', '127.1', '0x7f000001', '1.2.3.4.5', 'fe80::1%eth0']) {
    assert.equal(classOf(text), 'reserved', text);
  }
});

test('each reach admits its own places and no others', () => {
  const admitted = (address: string): Reach[] =>
    (['public', 'private', 'loopback'] as const).filter((reach) => admits(reach, address));
  assert.deepEqual(admitted('8.8.8.8'), ['public', 'private']);
  assert.deepEqual(admitted('10.0.0.1'), ['private']);
  assert.deepEqual(admitted('::1'), ['loopback']);
  assert.deepEqual(admitted('169.254.169.254'), []);
  assert.deepEqual(admitted('::ffff:169.254.169.254'), []);
});

test('a base URL that a person configured may be in a private network, the own origin not', () => {
  const reaches: [string, Reach][] = [
    [OWN, 'public'],
    ['https://api.cometapi.com:443/', 'public'],
    ['https://api.cometapi.com.example/v1', 'private'],
    ['https://gateway.example/v1', 'private'],
    ['https://10.0.0.5/v1', 'private'],
    ['http://127.0.0.1:8080/v1', 'loopback'],
    ['http://127.1/v1', 'loopback'],
    ['http://[::1]:8080/v1', 'loopback'],
    ['http://localhost:8080/v1', 'loopback'],
    ['http://a.localhost./v1', 'loopback'],
    ['http://notlocalhost/v1', 'private'],
    ['no url', 'public'],
  ];
  for (const [baseUrl, reach] of reaches) assert.equal(reachOf(baseUrl, OWN), reach, baseUrl);
});

test('a request to an address that is out of reach is refused before it is sent', async () => {
  await using server = await serve((_, response) => response.end('ok'));
  const { host, origin } = new URL(server.origin);
  for (const reach of ['public', 'private'] as const) {
    const call = pendingCall(origin, KEY, new Connections(), reach);
    assert.throws(() => send(request('HTTP', host), new RequestOptions(), call), { tag: 'destination-IP-prohibited' });
    call.end();
  }
  assert.equal(server.requests.length, 0);
});

test('a request to a name that leads out of reach fails, and nothing is sent', async () => {
  await using server = await serve((_, response) => response.end('ok'));
  const authority = `localhost:${new URL(server.origin).port}`;
  const outcome = async (reach: Reach): Promise<string> => {
    const kept = new Connections();
    const call = pendingCall(`http://${authority}`, KEY, kept, reach);
    const future = send(request('HTTP', authority), new RequestOptions(), call);
    let result = future.get();
    for (; !result; result = future.get()) await call.sleep(undefined);
    call.end();
    kept.close();
    assert.ok(result.tag === 'ok');
    return result.val.tag === 'err' ? result.val.val.tag : 'responded';
  };
  assert.equal(await outcome('public'), 'destination-IP-prohibited');
  assert.equal(await outcome('private'), 'destination-IP-prohibited');
  assert.equal(server.requests.length, 0);
  assert.equal(await outcome('loopback'), 'responded');
});
