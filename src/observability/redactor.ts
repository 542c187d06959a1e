import type { Secret } from '../kit/secret.ts';
import { FormBook } from './form-book.ts';
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

/** Whatever has one of these shapes has this in it: most texts are looked at once instead of twice. */
const tokenMiddle = /\d(?::|%3a|%253a)[A-Za-z0-9_-]/i;

/** Takes out what has the shape of a bot token, known or not. */
export function hideTokens(text: string): string {
  if (!tokenMiddle.test(text)) return text;
  return text.replace(tokenShape, redacted).replace(tokenInUrl, `bot${redacted}`);
}

/** Never forgets a secret; those under four characters are not looked for, they would be everywhere. */
export function createRedactor(secrets: readonly Secret[]): Redactor {
  const forms = new FormBook();
  const add = (more: readonly Secret[]) => {
    forms.add(more.flatMap((secret) => secretForms(secret.reveal())));
  };
  add(secrets);
  return { redact: (text) => hideTokens(hideForms(text, forms)), add };
}

/** One pass over the text, however many secrets there are. */
function hideForms(text: string, forms: FormBook): string {
  let result = '';
  let keptFrom = 0;
  for (;;) {
    const found = forms.findIn(text, keptFrom);
    if (found === undefined) return keptFrom === 0 ? text : result + text.slice(keptFrom);
    result += text.slice(keptFrom, found.at) + redacted;
    keptFrom = found.at + found.form.length;
  }
}
