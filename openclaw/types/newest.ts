/** What only the newest OpenClaw has to have: `scripts/conforms.mjs --older` leaves this file out. */

import type { ProviderPlugin } from 'openclaw/plugin-sdk/plugin-entry';
import type { Fits, NewHook } from './conforms.js';

// No misspelt name of a hook.
export type Known = Fits<NewHook, keyof ProviderPlugin>;
