import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import { machineryShown } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf, type TestApp } from '../support/test-app.ts';
import { pictures, runs } from './talk.ts';

const [closed, open] = ['dreamlike-art/dreamlike-photoreal-2.0', 'stabilityai/stable-diffusion-xl-base-1.0'];
const env = { IMAGE_CHAIN: `bytez:${closed},bytez:${open}` };

function refusing(error: string, model?: string): BytezFault {
  const body = JSON.stringify({ error });
  return { do: { kind: 'status', status: 403, body }, ...(model === undefined ? {} : { model }) };
}

const asks = (app: TestApp, model: string) => runs(app).filter((run) => run.model === model).length;

/** What a new person reads at the end of a request that nobody else makes. */
async function ending(app: TestApp, id: number): Promise<string> {
  const before = new Set(app.events);
  const person = app.person(id);
  person.say(`/generate picture ${id}`);
  await app.event('job.notified', (event) => !before.has(event));
  return wordsOf(fromBot(person.messages()).at(-1));
}

function alerts(app: TestApp, what: 'raised' | 'resolved'): readonly string[] {
  return app.events.flatMap((event) =>
    'alert' in event && event.event === `alert.${what}` ? [event.alert.facts.kind] : [],
  );
}

test.each([
  ['in words that name the model', 'This model requires a Pro subscription'],
  ['in words that name nothing', 'Forbidden'],
])(
  'a model that is closed to every account, %s, is asked a few times and rests; every key goes on',
  async (_, words) => {
    const keys = 6;
    await using app = await openTestApp({
      accounts: Array.from({ length: keys }, () => [refusing(words, closed)]),
      env,
    });
    for (let id = 1; id <= 8; id += 1) {
      const person = app.person(id);
      person.say('/generate a red fox');
      await pictures(person);
    }
    expect(asks(app, closed)).toBeLessThanOrEqual(keys);
    expect(app.app.core.keys.snapshot().keys.every(({ state }) => state.kind === 'ready')).toBe(true);
  },
);

test('when the only key is refused whatever is asked, people stop reading that it was their words, and admins hear of it once', async () => {
  await using app = await openTestApp({
    accounts: [[refusing('This one is not for us')]],
    env: { ADMIN_IDS: '900' },
  });
  const told: string[] = [];
  for (let id = 1; id <= 5; id += 1) told.push(await ending(app, id));
  const [declined, beingSetUp] = ['The service declined this request.', 'The service is being set up right now.'];
  expect(told.map((words) => (words.includes(beingSetUp) ? beingSetUp : declined))).toEqual([
    declined,
    declined,
    beingSetUp,
    beingSetUp,
    beingSetUp,
  ]);
  expect(alerts(app, 'raised')).toEqual(['model-closed']);
  app.bytez.setFaults('account 1', []);
  const person = app.person(9);
  person.say('/generate a red fox');
  await pictures(person);
  expect(alerts(app, 'resolved')).toEqual(['model-closed']);
  expect(machineryShown(app.telegram)).toEqual([]);
});
