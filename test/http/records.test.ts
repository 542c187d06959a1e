import { expect, test } from 'vitest';
import { openTestApp } from '../support/test-app.ts';
import { adminEnv, asAdmin } from './admin-client.ts';

const secretWords = 'a canary fox that nobody should read';

async function oneDelivered() {
  const bot = await openTestApp({ accounts: [[{ do: { kind: 'unauthorized' } }], []], env: adminEnv });
  bot.person(7).say(`/generate ${secretWords}`);
  const { jobId } = await bot.event('job.delivered');
  return { bot, id: jobId, admin: await asAdmin(bot.app) };
}

test('a job is told with its trail and without words; words are answered when asked for, and that is noted', async () => {
  const { bot, id, admin } = await oneDelivered();
  await using _ = bot;
  const told = await admin.call('GET', `/api/jobs/${id}`);
  expect(told).toMatchObject({
    status: 200,
    body: { id, kind: 'image', lane: 'free', userId: 7, outcome: { kind: 'result', files: 1 } },
  });
  expect(JSON.stringify(told.body)).not.toContain('canary');
  const trail = (told.body as { trail: { keyName: string; ending: { kind: string } }[] }).trail;
  expect(trail.at(-1)).toMatchObject({ keyName: 'bytez #2', ending: { kind: 'answered' } });
  const person = await admin.call('GET', '/api/people/7');
  expect(person.body).toMatchObject({ id: 7, lane: 'free', usedToday: { image: 1 }, openJobs: 0, jobs: [{ id }] });
  expect(JSON.stringify([person.body, (await admin.call('GET', '/api/jobs')).body])).not.toContain('canary');
  expect((await admin.call('GET', '/api/audit')).body).toEqual({ entries: [], next: null });
  for (const path of [`/api/jobs/${id}?words=true`, '/api/jobs?words=true', '/api/people/7?words=true']) {
    expect(JSON.stringify((await admin.call('GET', path)).body)).toContain(secretWords);
  }
  const { body } = await admin.call('GET', '/api/audit');
  const { entries } = body as { entries: { by: string; action: string; target: string }[] };
  expect(entries.map(({ by, action, target }) => [by, action, target])).toEqual([
    ['http', 'read-words', 'person 7'],
    ['http', 'read-words', 'jobs'],
    ['http', 'read-words', `job ${id}`],
  ]);
  expect((await admin.call('GET', '/api/people/8')).body).toMatchObject({ id: 8, openJobs: 0, jobs: [] });
});

test('lists come in pages of at most 100, with a cursor (H19)', async () => {
  await using bot = await openTestApp({ env: adminEnv });
  const admin = await asAdmin(bot.app);
  for (const id of [1, 2, 3]) bot.person(id).say('/generate a red fox');
  await bot.event('job.delivered', () => bot.events.filter(({ event }) => event === 'job.delivered').length === 3);
  const ids: string[] = [];
  let next: string | null = '';
  for (let pages = 0; next !== null && pages < 9; pages += 1) {
    const page = await admin.call('GET', `/api/jobs?count=2${next === '' ? '' : `&before=${next}`}`);
    const body = page.body as { jobs: { id: string }[]; next: string | null };
    ids.push(...body.jobs.map(({ id }) => id));
    next = body.next;
  }
  expect([ids.length, new Set(ids).size]).toEqual([3, 3]);
  for (const count of ['0', '101', '1e3', '-1']) {
    expect((await admin.call('GET', `/api/jobs?count=${count}`)).status).toBe(400);
  }
});

test.each(['no-such-job', '1e3', 'a'.repeat(128)])('a job called %s is not there (H12)', async (id) => {
  await using bot = await openTestApp({ env: adminEnv });
  const admin = await asAdmin(bot.app);
  expect((await admin.call('GET', `/api/jobs/${id}`)).status).toBe(404);
  expect((await admin.call('POST', `/api/jobs/${id}/cancel`)).status).toBe(404);
});

test('ids that are none are refused before anything is asked (H12)', async () => {
  await using bot = await openTestApp({ env: adminEnv });
  const admin = await asAdmin(bot.app);
  const statuses = await Promise.all(
    ['a'.repeat(9_999), "x'%20OR%201=1", '..%2F..%2Fetc', 'a~b'].map(
      async (id) => (await admin.send('GET', `/api/jobs/${id}`)).status,
    ),
  );
  expect(statuses).toEqual([400, 404, 404, 400]);
  expect((await admin.call('GET', '/api/people/0')).status).toBe(400);
});

test('a waiting job is cancelled once, and who did what is noted by the way they came in', async () => {
  await using bot = await openTestApp({
    accounts: [[{ do: { kind: 'rate-limited', retryAfterS: 60 } }]],
    env: adminEnv,
  });
  const admin = await asAdmin(bot.app);
  bot.person(7).say('/generate a red fox');
  const { jobId } = await bot.event('job.parked');
  expect((await admin.call('POST', `/api/jobs/${jobId}/cancel`)).body).toEqual({ id: jobId, ending: 'cancelled' });
  expect((await admin.call('POST', `/api/jobs/${jobId}/cancel`)).status).toBe(409);
  await bot.app.core.adminBy('command line').keys.wake('all');
  const { body } = await admin.call('GET', '/api/audit?count=2');
  expect(body).toMatchObject({
    entries: [
      { by: 'command line', action: 'wake-keys', target: 'all' },
      { by: 'http', action: 'cancel-job', target: jobId },
    ],
  });
});

test('what was spent is summed as "darkroom costs" sums it', async () => {
  const { bot, admin } = await oneDelivered();
  await using _ = bot;
  const { body } = await admin.call('GET', '/api/costs?days=2&by=key');
  expect(body).toMatchObject({
    currency: 'USD',
    total: { calls: 1 },
    group: 'key',
    by: [{ name: 'bytez #2', calls: 1 }],
  });
  expect((await admin.call('GET', '/api/costs?by=words')).status).toBe(400);
});

test('/metrics shows the bot after a picture, and wants the token', async () => {
  const { bot, admin } = await oneDelivered();
  await using _ = bot;
  const { body } = await admin.call('GET', '/metrics');
  expect(body).toMatch(/^darkroom_jobs_delivered_total 1$/m);
  expect(body).toMatch(/^darkroom_attempts_total\{provider="bytez",result="succeeded"\} 1$/m);
  expect(body).toMatch(/^darkroom_collector_up\{collector="costs"\} 1$/m);
  expect((await fetch(`${bot.app.httpUrl}/metrics`)).status).toBe(401);
});
