import assert from 'node:assert/strict';
import type { KeyId } from '../../src/domain/ids.ts';
import type { KeyState } from '../../src/domain/key-state.ts';
import type { KeyView } from '../../src/domain/views.ts';
import type { SeatAnswer } from '../../src/domain/key-leases.ts';

export type Views = ReadonlyMap<KeyId, KeyView>;

/** What the pool answers when it gives no seat is so. */
export function checkRefusal(
  answer: SeatAnswer,
  model: string | undefined,
  views: readonly KeyView[],
  nowMs: number,
): void {
  assert.ok(model !== undefined || answer.kind !== 'no-keys' || views.length === 0, 'There are keys');
  // A key that carries nothing, and whose account carries nothing, would have had a seat.
  const idle = views.filter(
    (view) =>
      acceptsCalls(view) && view.inFlight === 0 && !views.some((other) => isSame(other, view) && other.inFlight > 0),
  );
  assert.ok(model !== undefined || answer.kind === 'slow' || idle.length === 0, 'A free seat was kept back');
  assert.ok(answer.kind !== 'cooling' || answer.untilMs > nowMs, 'The time to come again is over already');
  if (model !== undefined || answer.kind === 'slow' || answer.kind === 'no-keys') return;
  const mayComeAtOnce = views.some((view) => acceptsCalls(view) || view.state.kind === 'probing');
  assert.equal(answer.kind === 'busy', mayComeAtOnce, 'The reason is another one');
}

/**
 * No rest was cut short, but one for a seat that another key may have held and gave up for good; and a key that is refused
 * or disabled stays so.
 */
export function checkRests(before: Views, after: Views, nowMs: number): void {
  const hasLeft = [...before.values()].some((was) => leaves(was, after.get(was.id)));
  for (const [id, view] of after) {
    const was = before.get(id)?.state;
    if (was === undefined) continue;
    const { state } = view;
    const isFreed = was.kind === 'cooling' && was.reason === 'concurrency' && !was.stated && hasLeft;
    assert.ok(wakesAtMs(state) >= wakesAtMs(was) || nowMs >= soonestMs(was) || isFreed, 'A rest was made shorter');
    if (was.kind === 'benched' && was.reason === 'rejected') assert.deepEqual(state, was);
    if (was.kind === 'disabled') assert.deepEqual(state, was);
  }
}

export function acceptsCalls({ state }: KeyView): boolean {
  return state.kind === 'ready' || state.kind === 'suspect' || state.kind === 'half-open';
}

export function isSame(one: KeyView, other: KeyView): boolean {
  return one.account !== undefined && one.account === other.account;
}

function wakesAtMs(state: KeyState): number {
  if (state.kind === 'cooling') return state.untilMs;
  return state.kind === 'benched' ? state.probeAtMs : 0;
}

function leaves(was: KeyView, is: KeyView | undefined): boolean {
  if (is === undefined) return true;
  const isOut = ({ state }: KeyView) => ['benched', 'probing', 'disabled'].includes(state.kind);
  return isOut(is) && (!isOut(was) || was.inFlight > is.inFlight);
}

/** A guessed rest may be tried at half of it. */
function soonestMs(state: KeyState): number {
  return state.kind === 'cooling' && !state.stated ? (state.sinceMs + state.untilMs) / 2 : wakesAtMs(state);
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
