import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributionOf } from '../../src/provider/attribution.js';
import { sendsAttribution } from '../../src/provider/plugin_config.js';
import { createProvider } from '../../src/provider/provider.js';
import { sessionOptions } from '../../src/provider/settings.js';
import type { StreamOptions } from '../../src/sdk.js';
import { all, events, FakeComponent, model, user } from './fake.js';

const REQUEST = 'x-request-id';

test('the client, the agent, the session and the call are named, each if OpenClaw passes it on', () => {
  assert.deepEqual(attributionOf({ agentId: 'main', sessionId: ' 0f-1 ', requestId: 'run-1:model:2' }), {
    'x-cometapi-client': 'openclaw',
    'x-cometapi-agent-id': 'main',
    'x-cometapi-session-id': '0f-1',
    'x-request-id': 'run-1:model:2',
  });
  assert.deepEqual(attributionOf({ agentId: ' ', sessionId: '' }), { 'x-cometapi-client': 'openclaw' });
});

test('an identifier that is too long has its beginning, a hash, and the number of the call', () => {
  const requestId = `${'r'.repeat(200)}:model:17`;
  const { [REQUEST]: short = '' } = attributionOf({ requestId });
  assert.equal(short.length, 128);
  assert.match(short, /^r+~[0-9a-f]{16}:model:17$/);
  // The same again, another for another run, and none for the exact limit.
  assert.equal(attributionOf({ requestId })[REQUEST], short);
  assert.notEqual(attributionOf({ requestId: `${'r'.repeat(201)}:model:17` })[REQUEST], short);
  assert.equal(attributionOf({ requestId: 'r'.repeat(128) })[REQUEST], 'r'.repeat(128));
  const { 'x-cometapi-session-id': session = '' } = attributionOf({ sessionId: 's'.repeat(300) });
  assert.equal(session.length, 256);
  // A number that is longer than any is cut as well.
  assert.equal(attributionOf({ requestId: `r:model:${'7'.repeat(200)}` })[REQUEST]?.length, 128);
});

test('an identifier with other characters is one that every header can have', () => {
  for (const [requestId, expected] of [
    ['run\r\nx-evil: 1', /^run__x-evil:_1~[0-9a-f]{16}$/],
    ['läuft:model:3', /^l_uft:model:3~[0-9a-f]{16}:model:3$/],
    ['\ud800', /^_~[0-9a-f]{16}$/],
  ] as const) {
    assert.match(attributionOf({ requestId })[REQUEST] ?? '', expected);
  }
});

test('a configured header takes precedence, in any case', () => {
  const options = { requestId: 'run:model:1', headers: { 'X-Request-ID': 'mine' } };
  const { headers } = sessionOptions(model({ headers: { 'X-CometAPI-Client': 'team' } }), options, 'k', undefined);
  assert.deepEqual(headers, { 'x-cometapi-client': 'team', 'x-request-id': 'mine' });
});

test('the setting turns all of them off, and only the value false does', async () => {
  const settings = [undefined, {}, { attribution: true }, { attribution: 'false' }, { attribution: false }];
  assert.deepEqual(settings.map(sendsAttribution), [true, true, true, true, false]);
  const options: StreamOptions = { apiKey: 'sk-0123456789', sessionId: 'session', requestId: 'run:model:1' };
  for (const [attribution, expected] of [
    [false, {}],
    [true, attributionOf({ ...options, agentId: 'main' })],
  ] as const) {
    const component = new FakeComponent({ steps: [[events.response(), events.finish('stop')]] });
    const provider = createProvider({
      load: async () => component,
      baseUrl: undefined,
      attribution,
      notifyActivity: () => undefined,
      cached: ({ load }) => load(),
      warn: () => undefined,
      createMethod: () => ({
        id: 'api-key',
        label: '',
        kind: 'api_key',
        run: () => assert.fail(),
        runNonInteractive: () => assert.fail(),
      }),
    });
    const wrapped = provider.wrapStreamFn({ streamFn: provider.createStreamFn({}), agentId: 'main' });
    await all(wrapped?.(model(), { messages: [user('hi')] }, options) ?? assert.fail());
    assert.deepEqual(component.opened[0]?.headers, expected);
  }
});
