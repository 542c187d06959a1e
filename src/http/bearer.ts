import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../kit/secret.ts';

const bearer = /^Bearer ([\x21-\x7e]{1,512})$/;

/**
 * True when exactly one header carries one of the tokens. All digests are compared, so that the time taken reveals neither
 * the length of a token nor a correct part of it.
 */
export function carriesToken(authorizations: readonly string[], tokens: readonly Secret[]): boolean {
  const [header = '', ...others] = authorizations;
  const offered = bearer.exec(header)?.[1];
  const digest = digestOf(offered ?? '');
  const matches = tokens.filter((token) => timingSafeEqual(digest, digestOf(token.reveal())));
  return offered !== undefined && others.length === 0 && matches.length > 0;
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
