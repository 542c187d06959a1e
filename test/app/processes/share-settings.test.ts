import { expect, test } from 'vitest';
import { shareSettings } from '../../../src/app/processes/share-settings.ts';
import { somePools } from '../../keys/shared/pools.ts';

test('what an operator sets for keys in one process is taken into use in all, and once in its own', async () => {
  const { open, settled } = somePools();
  const uses: string[] = [];
  const shared = async (name: string) => {
    const { sharing, wire } = await open();
    const use = shareSettings({
      sharing,
      keyring: { read: async () => void uses.push(`${name} reads`) },
      useKeys: async () => void uses.push(`${name} uses`),
      emit: () => undefined,
    });
    return { use, wire };
  };
  const [one, other] = [await shared('one'), await shared('other')];
  await one.use();
  await settled();
  expect(uses).toEqual(['one uses', 'other reads', 'other uses']);
  uses.length = 0;
  other.wire.cut();
  await one.use();
  await settled();
  other.wire.restore();
  await settled();
  expect(uses).toEqual(['one uses', 'other reads', 'other uses']);
});

test('one process alone has nobody to tell', async () => {
  const useKeys = async () => undefined;
  const keyring = { read: async () => undefined };
  expect(shareSettings({ sharing: undefined, keyring, useKeys, emit: () => undefined })).toBe(useKeys);
});
