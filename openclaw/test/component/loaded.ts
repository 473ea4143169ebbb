/** The component of the package, loaded, and what the tests of its sessions share. */

import assert from 'node:assert/strict';
import { type ErrorKind, Failure } from '../../src/component/contract.js';
import { compile, loadComponent } from '../../src/component/load.js';
import { KEY } from '../server.js';

export const component = await loadComponent();
export const modules = await compile();

export function open(baseUrl: string, options: Partial<Parameters<typeof component.open>[0]> = {}) {
  return component.open({ apiKey: KEY, baseUrl, maxRetries: 0, ...options });
}

/** Checks that an error is a failure of this kind, with these fields. */
export function failure(kind: ErrorKind['tag'], more: object = {}): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.record.kind.tag, kind, error.message);
    for (const [name, value] of Object.entries(more)) {
      assert.deepEqual(error.record[name as keyof typeof error.record], value, name);
    }
    return true;
  };
}
