// OpenClaw looks for the hooks of `openclaw doctor` under this name, at the package's root.
export { legacyConfigRules, normalizeCompatibilityConfig } from './lib/doctor.js';
