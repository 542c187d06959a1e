import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { KeyState } from '../../../src/domain/key-state.ts';
import { type KeyEvent, nextKeyState } from '../../../src/keys/rules/key-state.ts';

const page = readFileSync(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');

/** The arrows of the second diagram of the page, `a -> b`; an arrow from the group stands for one from each member. */
function drawn(): readonly string[] {
  const [, diagram = ''] = /## The life of a key.*?```mermaid\n(.*?)```/s.exec(page) ?? [];
  const names = new Map(
    [...diagram.matchAll(/state "(\S+) .*" as (\w+)/g)].map(([, name = '', alias]) => [alias, name]),
  );
  const nameOf = (alias = '') => names.get(alias) ?? alias;
  const arrows = [...diagram.matchAll(/^\s*(\w+) --> (\w+)/gm)].map(([, from, to]) => [nameOf(from), nameOf(to)]);
  return [
    ...new Set(
      arrows.flatMap(([from, to]) => (from === 'inUse' ? kindsInUse : [from]).map((kind) => `${kind} -> ${to}`)),
    ),
  ];
}

const reasons = ['rate-limited', 'concurrency', 'timed-out', 'fails-alone'] as const;
const benchReasons = ['rejected', 'out-of-credit'] as const;
const states: readonly KeyState[] = [
  { kind: 'ready' },
  { kind: 'suspect', reason: 'failed-run', sinceMs: 0 },
  ...reasons.flatMap((reason) =>
    [true, false].map((stated) => ({ kind: 'cooling', sinceMs: 0, untilMs: 10, reason, stated }) as const),
  ),
  ...[...reasons, ...benchReasons].map((after) => ({ kind: 'half-open', after, times: 1 }) as const),
  ...benchReasons.flatMap((reason) =>
    [true, false].flatMap((confirmed) => [
      { kind: 'benched', reason, probeAtMs: 10, times: 1, confirmed } as const,
      { kind: 'probing', reason, times: 1, confirmed } as const,
    ]),
  ),
  { kind: 'disabled' },
  { kind: 'disabled', ended: true },
];
const kindsInUse = [...new Set(states.map(({ kind }) => kind))].filter((kind) => kind !== 'disabled');

/** One of each kind, each reason included; the compiler asks for those that are missing. */
const happenings = {
  fine: [{ kind: 'fine' }],
  nothing: [{ kind: 'nothing' }],
  suspect: [{ kind: 'suspect', reason: 'failed-run' }],
  cool: reasons.flatMap((reason) => [
    { kind: 'cool', reason } as const,
    { kind: 'cool', reason, forMs: 5_000 } as const,
  ]),
  bench: benchReasons.map((reason) => ({ kind: 'bench', reason }) as const),
  'seat-taken': [{ kind: 'seat-taken', callMs: 1_000 }],
  'window-shut': [{ kind: 'window-shut', untilMs: 9_000 }],
  'window-open': [{ kind: 'window-open' }],
  due: [{ kind: 'due' }],
  'probe-begins': [{ kind: 'probe-begins' }],
  'probe-passed': [{ kind: 'probe-passed' }],
  'probe-failed': [{ kind: 'probe-failed' }],
  'probe-unsure': [{ kind: 'probe-unsure' }],
  'credit-found': [{ kind: 'credit-found' }],
  'credit-missing': [{ kind: 'credit-missing' }],
  cleared: [{ kind: 'cleared' }],
  wake: [{ kind: 'wake' }],
  disable: [{ kind: 'disable' }],
  enable: [{ kind: 'enable' }],
  ends: [{ kind: 'ends' }],
  'goes-on': [{ kind: 'goes-on' }],
} as const satisfies { readonly [Kind in KeyEvent['kind']]: readonly Extract<KeyEvent, { kind: Kind }>[] };

/** Every arrow that nextKeyState() can take between two states, or from cooling to a later end. */
function taken(): readonly string[] {
  const facts = { nowMs: 1_000, inARow: 1, random: () => 0.5 };
  const pairs = states.flatMap((state) =>
    Object.values(happenings)
      .flat()
      .map((event) => [state, nextKeyState(state, event, facts)] as const),
  );
  const moved = pairs.filter(([from, to]) => from.kind !== to.kind || (from.kind === 'cooling' && from !== to));
  return [...new Set(moved.map(([from, to]) => `${from.kind} -> ${to.kind}`))];
}

test('docs/architecture.md draws exactly the arrows that nextKeyState() takes', () => {
  const start = '[*] -> ready';
  expect(
    drawn()
      .filter((arrow) => arrow !== start)
      .toSorted(),
  ).toEqual(taken().toSorted());
});
