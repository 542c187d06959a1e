import { fieldsOf } from '../http/http-exchange.ts';

/** A field of a body that tells when to ask again, such as `retryDelay: "12s"`. */
export type WaitField = { readonly name: string; readonly value: string };

const maxDepth = 7;
const maxFields = 8;
const maxEntries = 8;

/** Collects the fields that tell when to ask again, from the whole body. */
export function waitFieldsOf(body: unknown): readonly WaitField[] {
  const found: WaitField[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (depth > maxDepth || found.length >= maxFields) return;
    if (Array.isArray(value)) {
      for (const entry of value.slice(0, maxEntries)) visit(entry, depth + 1);
      return;
    }
    for (const [name, inner] of fieldsOf(value) ?? []) {
      if (isWaitName(name)) {
        const text = valueText(inner);
        if (text !== undefined) found.push({ name: bare(name), value: text });
      } else if (typeof inner === 'object') visit(inner, depth + 1);
    }
  };
  visit(body, 0);
  return found.slice(0, maxFields);
}

function isWaitName(name: string): boolean {
  return (
    name.length <= 64 &&
    /^(?:x)?(?:retry(?:after|delay|in|at)|(?:quota|(?:rate)?limit|usage|window)?resets?(?:at|in|after|time|on|date|delay|timestamp|seconds|ms)?|ratelimitreset|wait(?:time|for|seconds|ms)?|estimatedtime|availablea[tfr]\w*|nextavailable\w*|(?:blocked|limited)until|cooldown|backoff)/.test(
      bare(name),
    )
  );
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function valueText(value: unknown): string | undefined {
  if (typeof value === 'string') return value.length <= 60 ? value : undefined;
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? String(value) : undefined;
  // Google writes a span as `{seconds, nanos}` too.
  const seconds = fieldsOf(value)?.get('seconds');
  return typeof seconds === 'number' || typeof seconds === 'string' ? `${seconds}s` : undefined;
}
