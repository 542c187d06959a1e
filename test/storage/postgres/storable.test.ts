import { expect, test } from 'vitest';
import { storable } from '../../../src/storage/postgres/storable.ts';

test.each([
  ['a text', 'why \\u0000?', 'why \\u0000?'],
  ['the character 0', 'a\0b', 'a\uFFFDb'],
  ['its escape in JSON', '{"a":"\\u0000"}', '{"a":"\\ufffd"}'],
  ['an escaped backslash before it', '{"a":"\\\\u0000"}', '{"a":"\\\\u0000"}'],
  ['an escaped backslash and the escape', '["\\\\\\u0000\\uD800"]', '["\\\\\\ufffd\\ufffd"]'],
  ['a character in two halves', '["\\ud83e\\udd8a \\n"]', '["\\ud83e\\udd8a \\n"]'],
  ['a first half alone', '["\\ud83e", "\\ud83e\\u0041"]', '["\\ufffd", "\\ufffd\\u0041"]'],
  ['a second half alone', '["\\udd8a\\ud83e\\udd8a"]', '["\\ufffd\\ud83e\\udd8a"]'],
  ['infinity', Infinity, '9223372036854775807'],
])('storable() gives PostgreSQL what it can keep of %s', (_, value, kept) => {
  expect(storable(value)).toBe(kept);
});
