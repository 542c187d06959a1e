import { lines } from './phrases.ts';
import { callbackData, type Screen } from './screen.ts';
import type { Voice } from './voice.ts';

/** What was deleted at a person's wish. */
export type ForgottenFacts = {
  readonly requests: number;
  readonly results: number;
  /** Requests that were stopped for it. */
  readonly stopped: number;
};

/** What would be deleted and what stays; only the person themselves can say yes. */
export function forgetQuestionScreen(voice: Voice, userId: number): Screen {
  return {
    text: lines(voice.say('forget.question'), `\n${voice.say('forget.stays')}`),
    rows: [
      [{ text: voice.plain('button.forget'), data: callbackData('forget', `yes-${userId}`) }],
      [{ text: voice.plain('button.keep'), data: callbackData('forget', `no-${userId}`) }],
    ],
  };
}

export function forgetDoneScreen(voice: Voice, { requests, results, stopped }: ForgottenFacts): Screen {
  return {
    text: lines(
      voice.say('forget.done'),
      voice.say('forget.requests', { count: requests }),
      results === 0 ? '' : voice.say('forget.results', { count: results }),
      stopped === 0 ? '' : voice.say('forget.stopped', { count: stopped }),
      `\n${voice.say('forget.stays')}`,
    ),
    rows: [],
  };
}
