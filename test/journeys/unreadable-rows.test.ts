import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { answerTo, pictures, until } from './talk.ts';
import { hasAnswer } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { adminId, fromBot, openTestApp, type TestApp, wordsOf } from '../support/test-app.ts';
import { acquaintance } from './raw-updates.ts';

function spoil(app: TestApp, sql: string): void {
  using beside = new DatabaseSync(join(app.dataDir, 'darkroom.db'), { timeout: 5_000 });
  beside.exec(sql);
}

test('whoever asked for what cannot be read is told, the admins too, and the others are served (Q18)', async () => {
  await using app = await openTestApp({ env: { BYTEZ_SEATS_MAX: '1' } });
  const [ann, ben, eve] = [app.person(7), app.person(8), app.person(9)];
  const admin = await acquaintance(app, adminId);
  const hold = app.bytez.hold();
  for (const person of [ann, ben, eve]) await answerTo(person, `/generate for ${person.id}`);
  spoil(app, `UPDATE jobs SET kind = 'hologram' WHERE user_id = 8`);
  hold.release();
  await Promise.all([pictures(ann), pictures(eve)]);
  await ben.waitFor(hasAnswer);
  expect(fromBot(ben.messages()).map(wordsOf)).toEqual([expect.stringContaining('I’ve stopped trying')]);
  await admin.waitFor((seen) => fromBot(seen).some((message) => wordsOf(message).includes('can’t be read')));
  const event = app.events.find((one) => one.event === 'job.dead-lettered');
  expect(event).toMatchObject({ processes: 0 });
});

test('an update whose kept words cannot be read is set aside after three tries, and the others go on (Q18)', async () => {
  const clock = fakeClock();
  await using app = await openTestApp({ clock });
  const person = await acquaintance(app);
  const bodies = [`'{"update_id": 1'`, `'null'`, `''`];
  for (const [index, body] of bodies.entries()) {
    spoil(app, `INSERT INTO inbox (update_id, body, kept_at_ms) VALUES (${index + 1}, ${body}, ${clock.now()})`);
  }
  await app.restart();
  await answerTo(person, '/help');
  const over = () => app.events.filter((event) => event.event === 'update.failed' && event.setAside);
  await until(() => {
    void clock.advance(500);
    return over().length === bodies.length;
  });
  await app.restart();
  await answerTo(person, '/help');
  expect(over()).toHaveLength(bodies.length);
});
