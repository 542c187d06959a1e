import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { openTestApp, type TestApp } from '../support/test-app.ts';
import { answerTo, callsOf, pictures, press, reads, until } from './talk.ts';

const oneAtATime = { BYTEZ_SEATS_MAX: '1' };

function buttonsOf(app: TestApp, person: Person, messageId: number): readonly string[] {
  return app.telegram.buttonsOf(person.id, messageId).map((data) => data.split(':')[0] ?? '');
}

/** How many lists are still to be followed. */
function storedLists({ dataDir }: TestApp): number {
  using database = new DatabaseSync(join(dataDir, 'darkroom.db'), { readOnly: true });
  return Number(database.prepare('SELECT count(*) AS n FROM status_lists').get()?.['n']);
}

test('a list of requests follows their ends, and in the end offers to cancel nothing', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const ann = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(ann, '/generate the first');
  const second = await answerTo(ann, '/generate the second');
  const list = await answerTo(ann, '/status');
  expect(buttonsOf(app, ann, list.id)).toEqual(['cancel', 'cancel', 'status']);

  await press(ann, second.id, '✖ Cancel');
  await until(() => buttonsOf(app, ann, list.id).filter((verb) => verb === 'cancel').length === 1);
  hold.release();
  await pictures(ann);
  await until(() => !buttonsOf(app, ann, list.id).includes('cancel'));
  await reads(ann, list.id, 'finished');
  await until(() => storedLists(app) === 0);
});

test('a new list takes the buttons of the one before it', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const ann = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(ann, '/generate the first');
  const before = await answerTo(ann, '/status');
  const latest = await answerTo(ann, '/status');
  await until(() => buttonsOf(app, ann, before.id).length === 0);
  expect(buttonsOf(app, ann, latest.id)).toEqual(['cancel', 'status']);
  hold.release();
  await pictures(ann);
  await until(() => !buttonsOf(app, ann, latest.id).includes('cancel'));
});

test('a list whose request ended while it could not be edited is put right after a restart', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const ann = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(ann, '/generate the first');
  const list = await answerTo(ann, '/status');
  const fault = app.telegram.addFault({ method: /^editMessageText$/, do: { kind: '5xx', status: 502 } });
  hold.release();
  await pictures(ann);
  await until(() => callsOf(app, 'editMessageText').some(({ params }) => params['message_id'] === list.id));
  expect(buttonsOf(app, ann, list.id)).toContain('cancel');
  fault[Symbol.dispose]();
  await app.restart();
  await until(() => !buttonsOf(app, ann, list.id).includes('cancel'));
  await until(() => storedLists(app) === 0);
});

test('the edit of a list comes after the picture', async () => {
  await using app = await openTestApp({ env: oneAtATime });
  const ann = app.person(7);
  const hold = app.bytez.hold();
  await answerTo(ann, '/generate the first');
  const list = await answerTo(ann, '/status');
  hold.release();
  await pictures(ann);
  await until(() => !buttonsOf(app, ann, list.id).includes('cancel'));
  const order = app.telegram.calls.flatMap(({ method, params }) =>
    method === 'editMessageMedia' || (method === 'editMessageText' && params['message_id'] === list.id) ? [method] : [],
  );
  expect(order).toEqual(['editMessageMedia', 'editMessageText']);
});
