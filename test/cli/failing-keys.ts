import type { KeyRecord } from '../../src/domain/key-state.ts';
import { aCommandLine, atMs, noHealth, type CommandLine } from './command-line.ts';

/** Records of keys in every state but ready, by the numbers of the keys. */
export const failingKeys: Readonly<Record<number, Partial<KeyRecord>>> = {
  1: {
    state: { kind: 'benched', reason: 'rejected', probeAtMs: atMs + 900_000, times: 3, confirmed: true },
    health: { ...noHealth, calls: 3, lastError: { reason: 'rejected', atMs: atMs - 120_000 } },
  },
  2: { state: { kind: 'benched', reason: 'out-of-credit', probeAtMs: atMs + 7_200_000, times: 1, confirmed: true } },
  3: {
    state: { kind: 'cooling', sinceMs: atMs - 10_000, untilMs: atMs + 20_000, reason: 'rate-limited', stated: true },
  },
  4: {
    state: { kind: 'suspect', reason: 'failed-run', sinceMs: atMs - 4_000 },
    inFlight: 1,
    seats: { limit: 2.5 },
    health: {
      ...noHealth,
      calls: 120,
      successes: 108,
      errors: { 'failed-run': 12 },
      callsToday: 40,
      consecutiveErrors: 1,
      successRate: 0.9,
      meanLatencyMs: 4_200,
      p95LatencyMs: 9_100,
      lastError: { reason: 'failed-run', atMs: atMs - 4_000 },
    },
  },
  5: { state: { kind: 'disabled' } },
  6: { state: { kind: 'half-open', after: 'timed-out', times: 1 } },
};

export async function aCommandLineWithFailingKeys(): Promise<CommandLine> {
  const cli = aCommandLine();
  await cli.saveRecords(failingKeys);
  return cli;
}

/** The line that begins with these words. */
export function lineOf(text: string, start: string): string {
  return text.split('\n').find((line) => line.trimStart().startsWith(start)) ?? '';
}
