/** Loads the component from its file, once for each process. */

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { sha256 } from '../../generated/cometapi.js';
import { cores } from '../../generated/cores.js';
import { Connections, type ProxyEnvironment } from '../host/connections.js';
import { requireRedaction } from '../host/redaction.js';
import type { Component } from './contract.js';
import { Instance, type Modules } from './instance.js';
import { damaged } from './integrity.js';
import { Instances } from './instances.js';
import { type Limits, metered } from './metering.js';
import { ComponentSession } from './session.js';

/** The component's place in the package. */
const FILE = new URL('../../cometapi.wasm', import.meta.url);

/** The memory of an instance, 256 MiB as in the plugin's manifest, and its tables. A component that needs more traps. */
const LIMITS: Limits = { pages: 4096, elements: 65_536 };

/**
 * OpenClaw may evaluate this module twice, from two folders: its gateway has one copy of a plugin for the list of models
 * and one for the agents. Compiling takes tens of milliseconds and memory, so both copies share the compiled component.
 */
const LOADED = Symbol.for(`openclaw-cometapi/${sha256}`);

/**
 * Loads the component of this package. Throws when its file is missing, or is not the one that the bindings were made
 * from.
 */
export function loadComponent(proxy: ProxyEnvironment = {}, file: URL = FILE): Promise<Component> {
  const loaded = globalThis as { [LOADED]?: Map<string, Promise<Component>> };
  const components = (loaded[LOADED] ??= new Map());
  const key = JSON.stringify(proxy);
  let component = components.get(key);
  if (!component) {
    component = load(file, proxy);
    components.set(key, component);
    // A load that failed is not kept, so the next call tries again.
    component.catch(() => components.delete(key));
  }
  return component;
}

async function load(file: URL, proxy: ProxyEnvironment): Promise<Component> {
  requireRedaction();
  const modules = await compile(file);
  const instances = new Instances(() => new Instance(modules));
  const connections = new Connections(proxy);
  const first = instances.take();
  const description = first.run(undefined, () => first.provider.describe());
  instances.giveBack(first);
  return {
    describe: () => description,
    open: (options) => new ComponentSession(instances, description, options, connections),
  };
}

/** Compiles the core modules, which are byte ranges of the component's file, with limits that the component lacks. */
export async function compile(file: URL = FILE): Promise<Modules> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Error(damaged(basename(file.pathname), 'cannot be read'), { cause });
  });
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== sha256) {
    const expected = `SHA-256 ${digest}, expected ${sha256}`;
    throw new Error(damaged(basename(file.pathname), `is not the component of this package (${expected})`));
  }
  const modules = Object.entries(cores).map(
    async ([name, [at, length]]): Promise<[string, WebAssembly.Module]> => [
      name,
      await WebAssembly.compile(metered(bytes.subarray(at, at + length), LIMITS)),
    ],
  );
  return new Map(await Promise.all(modules));
}
