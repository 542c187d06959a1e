import { textOnly } from '../domain/provider.ts';
import { unquoted } from '../kit/unquoted.ts';
import { openaiFailures } from './openai/failure-table.ts';
import { type ProviderDefinition, serverModelNames } from './provider-definition.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The variable that names servers of one's own that speak like OpenAI. */
export const extraVariable = 'EXTRA_PROVIDERS';

export type ExtraNames = { readonly names: readonly string[]; readonly mistakes: readonly string[] };

const nameForm = /^[a-z][a-z0-9-]{0,30}$/;

/**
 * Reads `home,office`. A name is that of no other provider, and its variables are those of no other one; mistakes name the
 * position, counted from 1 with the empty entries, which are skipped.
 */
export function parseExtraNames(text: string, others: readonly ProviderDefinition[]): ExtraNames {
  const taken = new Set(others.map(({ name }) => name));
  const prefixes = new Set(others.flatMap((other) => other.prefixes));
  const names: string[] = [];
  const mistakes: string[] = [];
  for (const [index, entry] of text.split(',').entries()) {
    const name = entry.trim();
    if (name === '') continue;
    const where = `position ${index + 1}`;
    if (!nameForm.test(name)) {
      mistakes.push(`${where} must be a name of small letters, digits and hyphens, for example home`);
    } else if (taken.has(name) || prefixes.has(prefixOf(name))) {
      mistakes.push(`${where} is the name of another provider; choose one of your own, for example home`);
    } else if (names.includes(name)) {
      mistakes.push(`${where} names the same provider twice; name each once`);
    } else {
      names.push(name);
    }
  }
  return { names, mistakes };
}

/** The definitions of the servers that the environment names; entries with a mistake are left out. */
export function extraDefinitions(
  env: Environment,
  others: readonly ProviderDefinition[],
): readonly ProviderDefinition[] {
  return parseExtraNames(unquoted(env[extraVariable] ?? ''), others).names.map(definitionFor);
}

/** `home-2` reads its settings from `HOME_2_BASE_URL` and the like. */
function prefixOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function definitionFor(name: string): ProviderDefinition {
  return {
    name,
    prefixes: [prefixOf(name)],
    baseUrl: '',
    keyless: 'with-base-url',
    seatsPerKey: 4,
    models: [],
    modelNames: serverModelNames,
    otherModels: { ...textOnly, size: { width: 1_024, height: 1_024, step: 8 } },
    chains: {},
    adapter: {
      failures: openaiFailures,
      load: async () => {
        const [{ createOpenAiLikeProvider }, { ownServerDialect }] = await Promise.all([
          import('./openai/openai-like-provider.ts'),
          import('./openai/openai-dialect.ts'),
        ]);
        return ({ baseUrl, http, clock }) =>
          createOpenAiLikeProvider({ name, dialect: ownServerDialect, baseUrl, http, now: () => clock.now() });
      },
    },
  };
}
