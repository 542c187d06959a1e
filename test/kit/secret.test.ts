import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/secret.ts';

test('a Secret refuses to be printed in every way a value is printed by accident', () => {
  const secret = new Secret('canary-of-this-test');
  const printed = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 10, showHidden: true }),
  ].join('\n');
  expect(printed).not.toContain('canary');
  expect(printed).toContain('[secret]');
  expect(secret.reveal()).toBe('canary-of-this-test');
});
