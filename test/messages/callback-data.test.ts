import { expect, test } from 'vitest';
import { callbackData, callbackVerbs, parseCallbackData } from '../../src/messages/view.ts';

test('data of more than 64 bytes cannot be made, and bytes are counted (B20)', () => {
  for (const verb of callbackVerbs) {
    const room = 64 - verb.length - 1;
    expect(Buffer.byteLength(callbackData(verb, 'x'.repeat(room)))).toBe(64);
    expect(() => callbackData(verb, 'x'.repeat(room + 1))).toThrow(/has 65 bytes/);
    const emoji = '🦊'.repeat(Math.floor(room / 4));
    expect(parseCallbackData(callbackData(verb, emoji))).toEqual({ verb, id: emoji });
    expect(() => callbackData(verb, `${emoji}🦊`)).toThrow(/bytes/);
    expect(() => callbackData(verb, '')).toThrow(/bytes/);
  }
});
