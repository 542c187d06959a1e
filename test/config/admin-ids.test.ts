import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';

test.each([
  '0x7B',
  '123abc',
  '-5',
  '1e3',
  '0',
  '007',
  '0123',
  '1.0',
  '１２３',
  '12 34',
  '+5',
  '9999999999999999',
  '99999999999999999',
  '@name',
])('the admin id %j stops the start by its place, and is not shown (B14)', (entry) => {
  const start = () => parseConfig({ ADMIN_IDS: ` 123 , ,${entry}, ` });
  expect(start).toThrow(ConfigError);
  expect(start).toThrow(/ADMIN_IDS position 3 must be a Telegram user id in digits/);
  expect(start).not.toThrow(entry.length > 2 ? entry : `"${entry}"`);
});

test('every bad admin id is named at once, and good ones are numbers (B14)', () => {
  expect(() => parseConfig({ ADMIN_IDS: ' 123 , 0x7B, 123abc, -5, 1e3, ' })).toThrow(
    /position 2 .*\n.*position 3 .*\n.*position 4 .*\n.*position 5 /,
  );
  expect([...parseConfig({ ADMIN_IDS: ' 123 ,, 9007199254740991 ,123, ' }).adminIds]).toEqual([
    123, 9_007_199_254_740_991,
  ]);
});

test.each(['1087968824', '136817688', '777000'])(
  'the account %s, which Telegram uses for many, is no id (B7)',
  (id) => {
    for (const name of ['ADMIN_IDS', 'PREMIUM_IDS']) {
      expect(() => parseConfig({ [name]: `5, ${id}` })).toThrow(ConfigError);
      expect(() => parseConfig({ [name]: `5, ${id}` })).toThrow(/position 2 is an account that Telegram uses for many/);
      expect(() => parseConfig({ [name]: `5, ${id}` })).not.toThrow(id);
    }
  },
);
