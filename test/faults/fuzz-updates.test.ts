import { expect, test } from 'vitest';
import { answerPromises, type Found, checkAnswers, type Turn } from '../../faults/answer-checks.ts';
import { Findings } from '../../faults/findings.ts';
import { fuzzUpdates, shortUpdates } from '../../faults/fuzz-updates.ts';
import type { RecordedCall } from '../../sandbox/telegram/api-service.ts';

const secret = 'campaign-key-0001';

/** The violations in these turns and calls. */
function foundIn(turns: readonly Partial<Turn>[], calls: readonly Partial<RecordedCall>[]): readonly string[] {
  const found: Found = new Findings(answerPromises, () => undefined);
  const usual: Turn = { userId: 7, expects: 'nothing', isValid: true, says: '', send: () => undefined };
  checkAnswers(
    {
      turns: turns.map((turn) => ({ ...usual, ...turn })),
      calls: calls.map((call) => ({ method: 'sendMessage', params: {}, atMs: 0, ...call })),
      secrets: [secret],
    },
    found,
  );
  return found.checks().flatMap(({ what, holds }) => (holds ? [] : [what]));
}

test('some hundred updates of all kinds are handled and answered by the real bot', async () => {
  const { checks } = await fuzzUpdates(shortUpdates, { seed: 3, progress: () => undefined });
  expect(checks.filter(({ holds }) => !holds)).toEqual([]);
  expect(checks[0]?.found).toMatch(/^240 of 240 /);
});

test('a message without an answer is found', () => {
  const refused = { params: { chat_id: 7 }, error: { code: 403, description: 'Forbidden' } };
  expect(foundIn([{ expects: 'words' }], [refused, { params: { chat_id: 8 } }])).toEqual([answerPromises.unanswered]);
  expect(foundIn([{ expects: 'words' }], [{ params: { chat_id: 7 } }])).toEqual([]);
});

test('a press without an answer of its own is found', () => {
  const answer = { method: 'answerCallbackQuery', params: { callback_query_id: 'press-1' } };
  expect(foundIn([{ expects: 'press', queryId: 'press-2' }], [answer])).toEqual([answerPromises.unansweredPress]);
  expect(foundIn([{ expects: 'press', queryId: 'press-1' }], [answer])).toEqual([]);
});

test('a secret in a call is found, and so is a call that Telegram cannot accept', () => {
  const said = { params: { text: `Is ${secret} yours?` } };
  const halved = { error: { code: 400, description: 'Bad Request: message text is empty' } };
  expect(foundIn([], [said])).toEqual([answerPromises.secret]);
  expect(foundIn([], [halved])).toEqual([answerPromises.malformed]);
});
