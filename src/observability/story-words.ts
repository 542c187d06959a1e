import type { AttemptTrail } from '../domain/attempt-trail.ts';
import { failureTraits } from '../domain/failure.ts';
import type { PastJob } from '../domain/job-engine.ts';
import { oneLine } from './describe-error.ts';
import {
  callEndingWords,
  choiceWords,
  failureActionWords,
  failureScopeWords,
  outcomeWords,
  parkReasonWords,
} from './operator-words.ts';
import { count, spanWords } from './quantities.ts';

/** The story of a job in English, as `darkroom explain` tells it. */
export const storyWords = {
  job: (past: PastJob, calls: number) => jobWords(past, count(calls, 'call')),
  choice: ({ choice }: AttemptTrail) => choiceWords(choice),
  ending: ({ ending }: AttemptTrail) => {
    const words = callEndingWords(ending);
    const failure = ending.kind === 'failed' ? ending : ending.kind === 'answered' ? ending.refused : undefined;
    if (failure === undefined) return { words };
    const { scope, action } = failureTraits[failure.reason];
    const next = `it concerns ${failureScopeWords[scope]}; next: ${failureActionWords[action]}`;
    const refused = ending.kind === 'answered' ? `, its result was refused (${failure.reason})` : '';
    return { words: `${words}${refused}; ${next}`, detail: oneLine(failure.detail) };
  },
};

function jobWords({ job: { state, acceptedAtMs }, endedAtMs }: PastJob, calls: string): string {
  switch (state.kind) {
    case 'waiting':
      return `waits${state.reason === undefined ? ' in line' : ` because ${parkReasonWords[state.reason]}`}; ${calls} so far`;
    case 'running':
      return `running; ${calls} so far`;
    case 'ended':
    case 'told': {
      const after = endedAtMs === undefined ? '' : ` ${spanWords(endedAtMs - acceptedAtMs)} after it was accepted`;
      return `ended${after}: ${outcomeWords(state.outcome)}; ${calls}${state.kind === 'told' ? '' : '; not delivered yet'}`;
    }
  }
}
