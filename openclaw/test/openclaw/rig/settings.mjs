/**
 * @param {string} name
 * @returns {string}
 */
function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; 'make test-openclaw' sets it and runs these tests`);
  return value;
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
  /** The test host, which contains the stand-in of CometAPI. */
  get hostTest() {
    return required('TEST_OPENCLAW_HOST_TEST');
  },
};
