// Writes `openclaw.plugin.json`, which OpenClaw reads before it loads the plugin.
//
//   node scripts/manifest.mjs COMPONENT
//
// The models and the variables in it come from the component, through the compiled modules, so that the manifest and
// the plugin never differ. Runs after the compiler.

import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { aliasesOf, suppressionsOf } from './model_ids.mjs';

const openclaw = join(dirname(fileURLToPath(import.meta.url)), '..');
const compiled = (path) => import(pathToFileURL(join(openclaw, 'build', 'src', path)).href);

const [componentPath] = process.argv.slice(2);
if (!componentPath) throw new Error('usage: manifest.mjs COMPONENT');

const { loadComponent } = await compiled('component/load.js');
const { definitionsOf } = await compiled('provider/models.js');
const { DESCRIPTION, LABEL, PROVIDER_ID } = await compiled('provider/identity.js');
const { DEFAULT_ROUTE } = await compiled('provider/routes/table.js');
const { METHOD } = await compiled('provider/auth.js');
const { CONFIG_SCHEMA } = await compiled('provider/plugin_config.js');

const component = await loadComponent({}, pathToFileURL(resolve(componentPath)));
const description = component.describe();
const builtIn = await component.open({ apiKey: 'none', maxRetries: 0 }).models('built-in', 0);

/**
 * A model as a manifest holds it: only text and images count, and there is no place for the sources of its facts. Only
 * here does OpenClaw have a place for the end of a model; it does not recommend such a model in its dialogs.
 */
function row({ params, input, ...model }) {
  const { status, retirementDate, replacedBy } = params.cometapi;
  const kinds = input?.filter((kind) => kind === 'text' || kind === 'image');
  return {
    ...model,
    ...(kinds?.length ? { input: kinds } : {}),
    ...(status === 'deprecated' ? { status } : {}),
    ...(status === 'deprecated' && retirementDate ? { statusReason: `ends on ${retirementDate}` } : {}),
    ...(status === 'deprecated' && replacedBy ? { replacedBy } : {}),
  };
}

// Models as of a day before all ends, because the manifest must not depend on the day of the build: the package is the
// same, byte for byte, whenever it is built. Each row names the day on which its model ends.
const models = definitionsOf(builtIn, '0000-00-00').map(row);
for (const id of [description.defaultModel, description.utilityModel]) {
  if (id !== undefined && !models.some((model) => model.id === id)) {
    throw new Error(`the component recommends ${id}, which is not in its built-in list of chat models`);
  }
}

// The component contains the retired ids without their sources, which decide here.
const table = JSON.parse(await readFile(join(openclaw, '..', 'src', 'catalogue', 'built_in.json'), 'utf8'));
const ended = table.retired.map(([id]) => id);

const manifest = {
  id: PROVIDER_ID,
  name: LABEL,
  description: DESCRIPTION,
  version: description.version,
  categories: ['models'],
  activation: { onStartup: false },
  providerCatalogEntry: './lib/catalog_entry.js',
  providers: [PROVIDER_ID],
  autoEnableWhenConfiguredProviders: [PROVIDER_ID],
  setup: {
    providers: [{ id: PROVIDER_ID, authMethods: [METHOD.methodId], envVars: description.auth.envVars }],
  },
  providerAuthChoices: [
    {
      provider: PROVIDER_ID,
      method: METHOD.methodId,
      ...METHOD.wizard,
      appGuidedSecret: true,
      website: description.auth.consoleUrl,
      optionKey: METHOD.optionKey,
      cliFlag: METHOD.flagName,
      cliOption: `${METHOD.flagName} <key>`,
      cliDescription: METHOD.label,
    },
  ],
  contracts: { usageProviders: [PROVIDER_ID], embeddingProviders: [PROVIDER_ID] },
  doctorContract: { configRepair: true },
  modelIdNormalization: {
    providers: {
      [PROVIDER_ID]: {
        aliases: aliasesOf(
          models.map(({ id }) => id),
          ended,
        ),
      },
    },
  },
  modelCatalog: {
    providers: {
      // Without a base URL: with one, OpenClaw drops all models where a person configured another.
      [PROVIDER_ID]: {
        api: DEFAULT_ROUTE.api,
        defaultModel: description.defaultModel,
        ...(description.utilityModel === undefined ? {} : { defaultUtilityModel: description.utilityModel }),
        models,
      },
    },
    suppressions: suppressionsOf(PROVIDER_ID, table.retired),
    discovery: { [PROVIDER_ID]: 'refreshable' },
  },
  configSchema: CONFIG_SCHEMA,
};

await writeFile(join(openclaw, 'openclaw.plugin.json'), `${JSON.stringify(manifest, null, 2)}\n`);
