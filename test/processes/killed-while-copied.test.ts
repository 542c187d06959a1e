import { expect, test } from 'vitest';
import { count, until } from '../journeys/talk.ts';
import { fromBot } from '../support/test-app.ts';
import { startTestBucket } from '../support/test-bucket.ts';
import { openKillableApp } from './killable-app.ts';

test('a bot that is killed after the bucket has taken a file and before it knows makes one object, one link', async () => {
  await using bucket = await startTestBucket();
  await using app = await openKillableApp({ env: bucket.env });
  const person = app.person(7);
  const hold = bucket.hold('PUT', 'answer');
  person.say('/generate a red fox');
  await until(() => hold.arrived() === 1 && count(app, 'job.delivered') === 1);
  const [key = ''] = await bucket.keys();
  await app.kill();
  hold.release();
  await app.start();
  const links = () =>
    fromBot(person.messages()).flatMap(({ buttons }) => buttons.flat().flatMap(({ url }) => url ?? []));
  await until(() => links().length === 1);
  expect(links()).toEqual([`${bucket.publicUrl}/${key}`]);
  expect(await bucket.keys()).toEqual([key]);
  expect(bucket.calls.filter(({ method }) => method === 'PUT').map((call) => call.key)).toEqual([key, key]);
});
