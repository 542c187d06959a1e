import type { OwnRule, Sureness } from '../../domain/failure.ts';
import type { Complaint } from './error-body.ts';

/** Returns the first rule that the answer fulfils. */
export function ownRuleFor(rules: readonly OwnRule[], { status, codes, words }: Complaint): OwnRule | undefined {
  if (rules.length === 0) return undefined;
  const [said, text] = [codes.map((code) => code.toLowerCase()), words.toLowerCase()];
  return rules.find(
    (rule) =>
      (rule.status === undefined || rule.status === status) &&
      (rule.code === undefined || said.includes(rule.code.toLowerCase())) &&
      (rule.words === undefined || text.includes(rule.words.toLowerCase())),
  );
}

/** A status alone is never sure, whoever wrote the rule. */
export function surenessOf({ code, words }: OwnRule): Sureness {
  return code === undefined && words === undefined ? 'likely' : 'sure';
}
