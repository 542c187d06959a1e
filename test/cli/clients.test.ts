import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseClientsFile } from '../../src/config/clients-file.ts';
import { aCommandLine } from './command-line.ts';

function aFile(name = 'clients.yaml') {
  const line = aCommandLine();
  const file = join(line.dataDir, name);
  line.env['API_CLIENTS_FILE'] = file;
  return { line, file, text: () => readFileSync(file, 'utf8') };
}

test.each(['clients.yaml', 'clients.json'])(
  'clients add shows a token once, and keeps its hash alone in %s',
  async (name) => {
    const { line, file, text } = aFile(name);
    using _ = line;
    const added = await line.run('clients add reports --kinds chat,image --budget 2.5 --rate 60 --lane premium --json');
    const { token, ...more } = JSON.parse(added.out) as { token: string };
    expect([added.code, more]).toEqual([0, { name: 'reports' }]);
    expect(text()).not.toContain(token);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(parseClientsFile(text())).toEqual({
      ok: true,
      rows: [
        {
          name: 'reports',
          tokenHash: createHash('sha256').update(token).digest('hex'),
          lane: 'premium',
          kinds: ['image', 'chat'],
          budgetPerDay: 2.5,
          ratePerMinute: 60,
        },
      ],
    });
    expect((await line.run('clients add other')).out).toMatch(/not shown again:\n\n {2}dk_[\w-]{43}\n/);
    expect((await line.run('clients list')).out).toMatch(/reports +premium +image, chat +\$2.5 +60/);
    expect((await line.run('clients remove reports')).code).toBe(0);
    const { out } = await line.run('clients list --json');
    expect(JSON.parse(out)).toEqual({ clients: [{ name: 'other', lane: 'free' }] });
  },
);

test('clients add and remove leave the rest of the file as it is written', async () => {
  const { line, file, text } = aFile();
  using _ = line;
  const mine = `# mine\nclients:\n  # the old one\n  - name: old\n    token_sha256: ${'a'.repeat(64)} # of 2025\n`;
  writeFileSync(file, mine);
  await line.run('clients add new');
  expect(text()).toContain('# the old one');
  expect(text()).toContain('# of 2025');
  await line.run('clients remove new');
  expect(text()).toBe(mine);
});

test.each([
  ['clients add old', 'there is one already'],
  ["clients add 'a b'", 'a name is letters, digits'],
  ['clients remove nobody', 'there is none of that name'],
  ['clients add new --kinds pictures', 'Kinds are image'],
  ['clients add new --webhook http://example.com/hook', 'must be an https address'],
])('%s is refused with a reason', async (words, reason) => {
  const { line, file } = aFile();
  using _ = line;
  writeFileSync(file, JSON.stringify([{ name: 'old', token_sha256: 'a'.repeat(64) }]));
  const ran = await line.run(words);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain(reason);
});

test('without API_CLIENTS_FILE, and with a file that has mistakes, the commands say what to do', async () => {
  using line = aCommandLine();
  expect((await line.run('clients list')).err).toContain('set API_CLIENTS_FILE');
  line.env['API_CLIENTS_FILE'] = join(line.dataDir, 'clients.yaml');
  writeFileSync(line.env['API_CLIENTS_FILE'], '- name: x\n  token: canary');
  const { code, err } = await line.run('clients list');
  expect([code, err]).toEqual([2, expect.stringContaining('row 1 token_sha256')]);
  expect(err).not.toContain('canary');
});

test('webhooks list shows what was told and replay tells it again', async () => {
  using line = aCommandLine();
  expect((await line.run('webhooks list')).err).toContain('the bot has never run');
  {
    using database = line.openAsBot();
    const insert = `INSERT INTO webhook_outbox (id, target, type, body, state, tries, created_at_ms, due_at_ms, give_up_at_ms, ended_at_ms, problem)
      VALUES (?, 'jobs', 'job.failed', '{}', ?, 20, 1, 1, 1, 1, 'HTTP 500')`;
    database.runNow(insert, 'msg_1', 'failed');
    database.runNow(insert, 'msg_2', 'delivered');
  }
  expect((await line.run('webhooks list --state failed')).out).toMatch(/msg_1 +jobs +job.failed +failed +20 +HTTP 500/);
  expect((await line.run('webhooks replay msg_3')).err).toContain('there are no such messages');
  expect((await line.run('webhooks replay')).out).toBe('1 message is told again, as soon as the bot runs.\n');
  const { webhooks } = JSON.parse((await line.run('webhooks list --state waiting --json')).out) as {
    webhooks: object[];
  };
  expect(webhooks).toMatchObject([{ id: 'msg_1', tries: 0, dueAtMs: line.clock.now() }]);
});
