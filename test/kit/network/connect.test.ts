import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectInTurns, familiesInTurns } from '../../../src/kit/network/connect.ts';
import { fakeClock } from '../../support/fake-clock.ts';

/** A network in which each address answers, fails or stays silent after its time. */
function aNetwork(answers: Readonly<Record<string, { readonly afterMs: number; readonly works: boolean } | 'silent'>>) {
  const clock = fakeClock();
  const tried: (readonly [string, number])[] = [];
  const closed: string[] = [];
  const connect = (address: string) => {
    tried.push([address, clock.monotonicMs()]);
    return new Promise<{ address: string; destroy: () => void }>((resolve, reject) => {
      const answer = answers[address] ?? 'silent';
      if (answer === 'silent') return;
      clock.schedule(answer.afterMs, () => {
        if (answer.works) resolve({ address, destroy: () => void closed.push(address) });
        else reject(new Error(`${address} refuses`));
      });
    });
  };
  return { clock, tried, closed, connect };
}

const [v6, v4] = ['2001:db8::', '192.0.2.'];

test.each([
  [[], []],
  [['192.0.2.1'], ['192.0.2.1']],
  [
    [`${v6}1`, `${v6}2`, `${v6}3`, `${v6}4`, `${v4}1`],
    [`${v6}1`, `${v4}1`, `${v6}2`, `${v6}3`, `${v6}4`],
  ],
  [
    [`${v4}1`, `${v4}1`, `${v4}2`, `${v6}1`],
    [`${v4}1`, `${v6}1`, `${v4}2`],
  ],
])('familiesInTurns(%j) returns %j', (given, expected) => {
  expect(familiesInTurns(given)).toEqual(expected);
});

test('familiesInTurns() loses no address and adds none', () => {
  const addresses = fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 20 });
  fc.assert(
    fc.property(addresses, (given) => {
      expect(familiesInTurns(given).toSorted()).toEqual([...new Set(given)].toSorted());
    }),
  );
});

test('connectInTurns() reaches the one good address behind four dead ones of the other family within 0.3 s', async () => {
  const dead = [1, 2, 3, 4].map((n) => `${v6}${n}`);
  const network = aNetwork({ [`${v4}1`]: { afterMs: 20, works: true } });
  const made = connectInTurns([...dead, `${v4}1`], network.connect, network);

  await network.clock.advance(270);

  expect((await made).address).toBe(`${v4}1`);
  expect(network.tried).toEqual([
    [`${v6}1`, 0],
    [`${v4}1`, 250],
  ]);
  expect(network.clock.pending).toBe(0);
});

test('connectInTurns() waits for a slow address while it tries the next ones', async () => {
  const network = aNetwork({ [`${v4}1`]: { afterMs: 4_000, works: true } });
  const made = connectInTurns([`${v6}1`, `${v4}1`, `${v6}2`], network.connect, network);

  await network.clock.advance(4_250);

  expect((await made).address).toBe(`${v4}1`);
  expect(network.tried.map(([address]) => address)).toEqual([`${v6}1`, `${v4}1`, `${v6}2`]);
});

test('connectInTurns() tries the next address at once when one refuses', async () => {
  const network = aNetwork({
    [`${v6}1`]: { afterMs: 10, works: false },
    [`${v4}1`]: { afterMs: 10, works: true },
  });
  const made = connectInTurns([`${v6}1`, `${v4}1`], network.connect, network);

  await network.clock.advance(20);

  expect((await made).address).toBe(`${v4}1`);
  expect(network.tried.map(([, atMs]) => atMs)).toEqual([0, 10]);
});

test('connectInTurns() closes the connections that came too late', async () => {
  const network = aNetwork({
    [`${v6}1`]: { afterMs: 900, works: true },
    [`${v4}1`]: { afterMs: 100, works: true },
  });
  const made = connectInTurns([`${v6}1`, `${v4}1`], network.connect, network);

  await network.clock.advance(1_000);

  expect((await made).address).toBe(`${v4}1`);
  expect(network.closed).toEqual([`${v6}1`]);
});

test('connectInTurns() rejects with the last error when every address refuses', async () => {
  const network = aNetwork({
    [`${v6}1`]: { afterMs: 600, works: false },
    [`${v4}1`]: { afterMs: 10, works: false },
  });
  const failed = connectInTurns([`${v6}1`, `${v4}1`], network.connect, network).catch((error: unknown) => error);

  await network.clock.advance(600);

  expect(await failed).toEqual(new Error(`${v6}1 refuses`));
});

test('connectInTurns() tries no further address after an error that is final', async () => {
  const network = aNetwork({ [`${v6}1`]: { afterMs: 10, works: false } });
  const failed = connectInTurns([`${v6}1`, `${v4}1`], network.connect, { ...network, isFinal: () => true });
  const caught = failed.catch((error: unknown) => error);

  await network.clock.advance(2_000);

  expect(await caught).toEqual(new Error(`${v6}1 refuses`));
  expect(network.tried).toHaveLength(1);
});
