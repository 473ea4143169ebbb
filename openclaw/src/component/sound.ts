/** Loads the component of a sound package. Nothing of `generated/` is imported before the check. */

import type { ProxyEnvironment } from '../host/connections.js';
import type { Component } from './contract.js';
import { damageOf } from './integrity.js';

/** Rejects with the reason and the repair if the package is damaged, where an import would name a missing module only. */
export async function loadSound(proxy: ProxyEnvironment): Promise<Component> {
  const damage = damageOf();
  if (damage !== undefined) throw new Error(damage);
  const { loadComponent } = await import('./load.js');
  return loadComponent(proxy);
}
