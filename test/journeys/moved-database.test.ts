import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTestApp } from '../support/test-app.ts';
import { pictures, until } from './talk.ts';

test('a database that is moved away while the bot runs loses nothing: the request is refused until it is back', async () => {
  await using app = await openTestApp();
  const person = app.person(7);
  const away = join(app.dataDir, 'elsewhere.db');
  const live = join(app.dataDir, 'darkroom.db');
  for (const name of ['', '-wal', '-shm']) renameSync(live + name, away + name);
  person.say('/generate a fox');
  const { error } = await app.event('storage.unavailable');
  expect(String(error)).toContain('moved, deleted or replaced while the bot runs');
  await until(() => app.events.some(({ event }) => event === 'alert.raised'));
  expect((await fetch(`${app.app.httpUrl}/readyz`)).status).toBe(503);
  for (const name of ['', '-wal', '-shm']) renameSync(away + name, live + name);
  await app.event('storage.recovered');
  // The update was never confirmed to Telegram, so it comes again and is served.
  expect(await pictures(person)).toHaveLength(1);
});
