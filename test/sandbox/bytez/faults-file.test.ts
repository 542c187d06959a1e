import { expect, test } from 'vitest';
import { parseFaultsFile } from '../../../sandbox/bytez/faults-file.ts';

test('parseFaultsFile() reads a whole file', () => {
  const file = {
    accounts: [
      { name: 'good', key: 'key-1' },
      {
        name: 'poor',
        key: 'key-2',
        seats: 2,
        faults: [
          { do: { kind: 'out-of-credit' }, when: { every: 2, times: 3, afterS: 0.5, share: 0.1 } },
          { do: { kind: 'status', status: 503, body: 'x' }, model: 'a/b', route: 'list' },
        ],
      },
    ],
    latencyMs: 20,
    catalog: 'empty',
  };
  expect(parseFaultsFile(structuredClone(file))).toEqual(file);
});

test('parseFaultsFile() names every mistake and where it is', () => {
  const file = {
    accounts: [
      { name: '', key: 'with space', seats: 0 },
      {
        name: 'b',
        key: 'k',
        faults: [
          { do: { kind: 'explode' } },
          { do: { kind: 'slow' } },
          { do: { kind: 'hang' }, when: { evry: 2 } },
          { do: { kind: 'html-media' }, route: 'list' },
        ],
      },
    ],
    latencyMs: -1,
    catalogue: 'full',
  };
  let message = '';
  try {
    parseFaultsFile(file);
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain('Cannot use the faults file');
  for (const place of [
    'accounts[0].name',
    'accounts[0].key',
    'accounts[0].seats',
    'accounts[1].faults[0].do.kind',
    'accounts[1].faults[1].do.ms',
    'accounts[1].faults[2].when',
    'accounts[1].faults[3].route',
    'latencyMs',
    'catalogue',
  ]) {
    expect(message).toContain(place);
  }
  expect(message).not.toContain('with space');
});

test('parseFaultsFile() refuses two accounts with one name or one key', () => {
  const twins = {
    accounts: [
      { name: 'a', key: 'k1' },
      { name: 'a', key: 'k2' },
      { name: 'c', key: 'k1' },
    ],
  };
  expect(() => parseFaultsFile(twins)).toThrow(/name of account 1[^]*key of account 1/);
});

test.each([null, [], {}, { accounts: [] }, 'x'])('parseFaultsFile() refuses %j', (json) => {
  expect(() => parseFaultsFile(json)).toThrow('Cannot use the faults file');
});
