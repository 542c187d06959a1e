import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { localTcpServer } from '../contract/local-server.ts';
import { aPng } from './sample-files.ts';
import { fakeClock } from '../support/fake-clock.ts';
import type { FakeClock } from '../support/fake-clock.ts';
import { keep, refused } from './result-stage.ts';

/** What becomes of a result whose server talks like this while the clock is moved. */
async function keptOf(clock: FakeClock, talk: (socket: Socket) => void) {
  await using server = await localTcpServer(talk);
  const result = await keep(`${server.url}/a.png`, { allowPrivateHosts: [server.host], clock });
  await server.allClosed();
  return result;
}

function detailOf({ kept }: Awaited<ReturnType<typeof keptOf>>): string {
  return kept.ok ? '' : kept.failure.detail;
}

test.each([
  ['says nothing', ''],
  ['never ends its headers', 'HTTP/1.1 200 OK\r\nx: 1\r\n'],
  ['only gives early hints', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
])('a server of results that %s is left after fifteen seconds (C11)', async (_how, bytes) => {
  const clock = fakeClock();
  const startedMs = clock.now();
  const result = await keptOf(clock, (socket) => {
    socket.write(bytes, () => void clock.advance(15_000));
  });

  expect(result).toEqual(refused('result-unavailable', true));
  expect(detailOf(result)).toBe('no headers within 15000 ms');
  expect(clock.now() - startedMs).toBe(15_000);
});

/** Headers, and then one piece of the picture after each step of the clock. */
function dripping(clock: FakeClock, pieceBytes: number, stepMs: number) {
  let drops = 0;
  const talk = (socket: Socket) => {
    const drip = () => {
      if (socket.destroyed) return;
      drops += 1;
      socket.write(Buffer.alloc(pieceBytes, 7), () => void clock.advance(stepMs).then(drip));
    };
    socket.write('HTTP/1.1 200 OK\r\n\r\n', () => void clock.advance(1).then(drip));
  };
  return { talk, drops: () => drops };
}

test('a picture that comes byte by byte is left when ten seconds are over (C11)', async () => {
  const clock = fakeClock();
  const startedMs = clock.now();
  const { talk, drops } = dripping(clock, 1, 100);
  const result = await keptOf(clock, talk);

  expect(result).toEqual(refused('result-unavailable', true));
  expect(detailOf(result)).toBe('slower than 1000 bytes a second');
  expect(drops()).toBeGreaterThan(50);
  expect(clock.now() - startedMs).toBeLessThan(20_000);
});

test('a picture that comes fast enough, but not in two minutes, is left then (C11)', async () => {
  const clock = fakeClock();
  const startedMs = clock.now();
  // Enough that what waits to be read on a busy machine is far less than what counts as slow.
  const { talk } = dripping(clock, 150_000, 1_000);
  const result = await keptOf(clock, talk);

  expect(result).toEqual(refused('result-unavailable', true));
  expect(detailOf(result)).toBe('not complete before the deadline');
  const passedMs = clock.now() - startedMs;
  expect(passedMs >= 120_000 && passedMs < 130_000).toBe(true);
});

test('a picture that takes its time, but comes, is kept, and no timer stays behind (C11)', async () => {
  const clock = fakeClock();
  const picture = aPng(2, 3, 100_000);
  const result = await keptOf(clock, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.write(picture.subarray(0, 60_000), () => {
      void clock.advance(20_000).then(() => socket.end(picture.subarray(60_000)));
    });
  });

  expect(result.kept.ok).toBe(true);
  expect(clock.pending).toBe(0);
});
