import type { Secret } from '../kit/secret.ts';
import { secretForms } from './secret-forms.ts';

export type Redactor = {
  /** The text with every known secret, in whatever coding, and everything shaped like a bot token taken out. */
  redact(text: string): string;
  /** From now on these are taken out too. */
  add(secrets: readonly Secret[]): void;
};

export const redacted = '[redacted]';

const tokenShape = /\d{6,12}(?::|%3a|%253a)[A-Za-z0-9_-]{30,}/gi;
const tokenInUrl = /\bbot\d+(?::|%3a|%253a)[A-Za-z0-9_-]+/gi;

/** Takes out what has the shape of a bot token, known or not. */
export function hideTokens(text: string): string {
  return text.replace(tokenShape, redacted).replace(tokenInUrl, `bot${redacted}`);
}

/** So many first letters are looked up at each place of a text; no form of a secret is shorter. */
const startLength = 4;

/** Never forgets a secret; those under four characters are not looked for, they would be everywhere. */
export function createRedactor(secrets: readonly Secret[]): Redactor {
  const formsByStart = new Map<string, string[]>();
  const add = (more: readonly Secret[]) => {
    for (const form of new Set(more.flatMap((secret) => secretForms(secret.reveal())))) {
      if (form.length < startLength) continue;
      const start = form.slice(0, startLength);
      const forms = formsByStart.get(start) ?? [];
      if (!forms.includes(form)) forms.push(form);
      formsByStart.set(start, forms);
    }
    for (const forms of formsByStart.values()) forms.sort((a, b) => b.length - a.length);
  };
  add(secrets);
  return { redact: (text) => hideTokens(hideForms(text, formsByStart)), add };
}

/** One pass over the text, however many secrets there are. */
function hideForms(text: string, formsByStart: ReadonlyMap<string, readonly string[]>): string {
  if (formsByStart.size === 0) return text;
  let result = '';
  let keptFrom = 0;
  let place = 0;
  while (place + startLength <= text.length) {
    const here = place;
    const forms = formsByStart.get(text.slice(here, here + startLength));
    const form = forms?.find((candidate) => text.startsWith(candidate, here));
    if (form === undefined) {
      place += 1;
      continue;
    }
    result += text.slice(keptFrom, here) + redacted;
    place += form.length;
    keptFrom = place;
  }
  return result + text.slice(keptFrom);
}
