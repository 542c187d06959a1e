import type { KeyState } from '../../domain/key-state.ts';
import { momentWords, waitWords } from '../time-words.ts';
import type { Cell } from '../table.ts';
import type { Style } from '../terminal.ts';

const styleOf = {
  ready: 'good',
  suspect: 'warn',
  cooling: 'warn',
  'half-open': 'warn',
  probing: 'warn',
  benched: 'bad',
  disabled: 'dim',
} as const satisfies Record<KeyState['kind'], Style>;

/** The state of a key as it stands in a table, with how long it lasts. */
export function stateCell(state: KeyState, nowMs: number): Cell {
  return { text: stateWords(state, nowMs), style: styleOf[state.kind] };
}

/** The same without a moment in it: it changes when the state does, not with every second. */
export function stateName(state: KeyState): string {
  switch (state.kind) {
    case 'ready':
    case 'disabled':
      return state.kind;
    case 'half-open':
      return `on trial (${state.after})`;
    case 'suspect':
    case 'cooling':
    case 'benched':
    case 'probing':
      return `${state.kind} (${state.reason})`;
  }
}

function stateWords(state: KeyState, nowMs: number): string {
  switch (state.kind) {
    case 'cooling':
      return `${stateName(state)} until ${momentWords(state.untilMs, nowMs)}`;
    case 'benched':
      return state.probeAtMs <= nowMs
        ? `${stateName(state)}, asked again now`
        : `${stateName(state)}, asked again in ${waitWords(state.probeAtMs - nowMs)}`;
    case 'ready':
    case 'suspect':
    case 'half-open':
    case 'probing':
    case 'disabled':
      return stateName(state);
  }
}
