import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * @param {string} name
 * @returns {string}
 */
function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; 'make test-openclaw' sets it and runs these tests`);
  return value;
}

/** @param {string} command - of an installed OpenClaw */
function versionOf(command) {
  return JSON.parse(readFileSync(join(dirname(command), 'package.json'), 'utf8')).version;
}

/** What `scripts/test-openclaw` hands over, each an absolute path. */
export const settings = {
  /** Node as OpenClaw wants it. */
  get node() {
    return required('TEST_OPENCLAW_NODE');
  },
  /** OpenClaw's command, a JavaScript file. */
  get command() {
    return required('TEST_OPENCLAW_COMMAND');
  },
  /** OpenClaw's version, such as `2026.9.6`. */
  get version() {
    return versionOf(settings.command);
  },
  /** The command of the newest OpenClaw, if the tests run in the oldest. */
  get newest() {
    return required('TEST_OPENCLAW_NEWEST');
  },
  /** Where Node keeps what it compiled of OpenClaw: a third of each command's time. */
  get compiled() {
    return required('TEST_OPENCLAW_COMPILED');
  },
  /** The package to install: a tarball. */
  get tarball() {
    return required('TEST_OPENCLAW_PACKAGE');
  },
  /** The folder that it was packed from. */
  get staged() {
    return required('TEST_OPENCLAW_STAGED');
  },
  /** The types of the component, which the bindings are made from. */
  get types() {
    return required('TEST_OPENCLAW_TYPES');
  },
  /** ClawHub's command, a JavaScript file. */
  get clawhub() {
    return required('TEST_OPENCLAW_CLAWHUB');
  },
  /** Playwright's module and a browser for it; for the screenshots only. */
  get playwright() {
    return required('TEST_OPENCLAW_PLAYWRIGHT');
  },
  get chromium() {
    return required('TEST_OPENCLAW_CHROMIUM');
  },
  /** The test host, which contains the stand-in of CometAPI. */
  get hostTest() {
    return required('TEST_OPENCLAW_HOST_TEST');
  },
};

/** Whether the tests run in this version of OpenClaw or a later one. @param {string} version */
export function isSince(version) {
  return settings.version.localeCompare(version, 'en', { numeric: true }) >= 0;
}
