import type { Scenario } from './scenario.ts';

const elevenKeys = 11;

/** Rows in which one answer is easily taken for more than it says: about a key, about all keys, about an hour. */
export const judgementScenarios: readonly Scenario[] = [
  {
    name: 'one-prompt-403',
    says: 'one prompt is refused by 403 in an unknown shape, whatever the key; asked three times',
    keys: elevenKeys,
    faults: [{ deed: 'unexplained', of: 'requests', requests: [1, 50, 51] }],
  },
  {
    name: 'provider-blocks-machine',
    says: 'the provider refuses this machine for 10 s: 403 in an unknown shape, free probes included',
    keys: elevenKeys,
    faults: [{ deed: 'unexplained', of: 'provider', fromMs: 250, untilMs: 10_250 }],
  },
  {
    name: 'dear-credit',
    says: 'there is credit for pictures but not for videos, which are one request in ten',
    dearEvery: 10,
    faults: [{ deed: 'too-dear', of: 'requests', dear: true }],
  },
  {
    name: 'minute-quota',
    says: 'every key has a limit of a minute that says quota, and in words when it is over',
    faults: [{ deed: 'minute-quota', of: 'keys', fromMs: 250, untilMs: 20_250, saysWhen: true }],
  },
];
