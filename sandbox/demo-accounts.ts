import type { SandboxAccount } from './bytez/faults-file.ts';

/** Seven keys with common behaviour: three work, four fail in typical ways. */
export const demoAccounts: readonly SandboxAccount[] = [
  { name: 'refused', key: 'demo-key-one-refused', faults: [{ do: { kind: 'unauthorized' } }] },
  { name: 'out of credit', key: 'demo-key-two-without-credit', faults: [{ do: { kind: 'out-of-credit' } }] },
  {
    name: 'rate-limited now and then',
    // The end of a key is redacted wherever it appears, so it must not be the end of a word of the log.
    key: 'demo-key-three-now-and-then',
    faults: [
      { do: { kind: 'rate-limited', retryAfterS: 3 }, when: { times: 1 } },
      { do: { kind: 'rate-limited', retryAfterS: 3 }, when: { every: 4 } },
    ],
  },
  {
    name: 'fails every third call',
    key: 'demo-key-four-shaky',
    faults: [{ do: { kind: 'status', status: 500, body: '{"error":"Internal Server Error"}' }, when: { every: 3 } }],
  },
  { name: 'healthy 1', key: 'demo-key-five-healthy' },
  { name: 'healthy 2', key: 'demo-key-six-healthy' },
  { name: 'healthy 3', key: 'demo-key-seven-healthy' },
];
