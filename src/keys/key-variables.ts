import type { ProviderName } from '../domain/provider-name.ts';

/** How each provider's variables begin; a provider known under two names has both, in reading order. */
export const variablePrefixes = {
  bytez: ['BYTEZ'],
  openai: ['OPENAI'],
  stability: ['STABILITY'],
  suno: ['SUNO'],
  anthropic: ['CLAUDE', 'ANTHROPIC'],
  deepseek: ['DEEPSEEK'],
  mistral: ['MISTRAL'],
  gemini: ['GEMINI'],
  cohere: ['COHERE'],
} as const satisfies Record<ProviderName, readonly [string, ...string[]]>;

/** A variable that may hold keys, or the path of a file that does. */
export type KeyVariable = {
  readonly name: string;
  readonly holds: 'keys' | 'path';
};

type Form = { readonly pattern: RegExp; readonly holds: KeyVariable['holds'] };

/** The forms in the order in which their keys are counted; a number in a name orders within its form. */
const forms: readonly Form[] = [
  { pattern: /^_API_KEY$/, holds: 'keys' },
  { pattern: /^_KEY$/, holds: 'keys' },
  { pattern: /^_API_KEY_([0-9]{1,6})$/, holds: 'keys' },
  { pattern: /^_API_KEY([0-9]{1,6})$/, holds: 'keys' },
  { pattern: /^_API_KEYS$/, holds: 'keys' },
  { pattern: /^_API_KEY_FALLBACK(?:_([0-9]{1,6}))?$/, holds: 'keys' },
  { pattern: /^_API_KEY_FILE$/, holds: 'path' },
];

type Ranked = KeyVariable & { readonly form: number; readonly number: number };

function rank(prefix: string, name: string): Ranked | undefined {
  if (!name.startsWith(`${prefix}_`)) return undefined;
  const rest = name.slice(prefix.length);
  if (rest === '_KEY' && prefix !== 'STABILITY') return undefined;
  for (const [index, { pattern, holds }] of forms.entries()) {
    const match = pattern.exec(rest);
    if (match !== null) return { name, holds, form: index, number: Number(match[1] ?? 0) };
  }
  return undefined;
}

/** The key variables of one provider among `names`, in reading order. */
export function keyVariables(provider: ProviderName, names: readonly string[]): readonly KeyVariable[] {
  return variablePrefixes[provider].flatMap((prefix) =>
    names
      .map((name) => rank(prefix, name))
      .filter((ranked) => ranked !== undefined)
      .sort((a, b) => a.form - b.form || a.number - b.number || (a.name < b.name ? -1 : 1))
      .map(({ name, holds }) => ({ name, holds })),
  );
}
