import { expect, test } from 'vitest';
import type { RaisedAlert, AdminCommand } from '../../../src/domain/admin-api.ts';
import { alertSeverity, type AlertFacts } from '../../../src/domain/alert.ts';
import { jobId, keyId } from '../../../src/domain/ids.ts';
import { createAdminCommands, createAlertStore } from '../../../src/storage/stores/admin-state.ts';
import { onBothEngines } from '../on-both-engines.ts';

const commands: readonly AdminCommand[] = [
  { kind: 'wake-keys', keys: 'all' },
  { kind: 'disable-keys', keys: [keyId('a'), keyId('b')] },
  { kind: 'enable-keys', keys: [] },
  { kind: 'cancel-job', jobId: jobId('tg-1') },
  { kind: 'add-premium', userId: 7, days: 30, grant: 'cli-1' },
  { kind: 'reload' },
];

const facts = {
  'key-failing': { kind: 'key-failing', keyName: 'bytez #1', reason: 'rejected', times: 3 },
  'no-key-ready': { kind: 'no-key-ready', provider: 'bytez', keys: 4 },
  'provider-silent': { kind: 'provider-silent', provider: 'bytez' },
  'wrong-address': { kind: 'wrong-address', provider: 'bytez' },
  'model-closed': { kind: 'model-closed', provider: 'bytez', model: 'org/model' },
  'unknown-model': { kind: 'unknown-model', provider: 'bytez', model: 'org/model' },
  'provider-empty': { kind: 'provider-empty', provider: 'bytez' },
  'model-ends': {
    kind: 'model-ends',
    provider: 'openai',
    model: 'a-1',
    endsOn: '2026-12-01',
    replacedBy: 'openai:a-2',
  },
  'key-ends': { kind: 'key-ends', provider: 'bytez', keyName: 'bytez #1', endsOn: '2027-01-01' },
  'not-in-plan': { kind: 'not-in-plan', provider: 'bytez', keyName: 'bytez #1', model: 'org/model' },
  'many-errors': { kind: 'many-errors', provider: 'bytez', share: 0.4, calls: 50 },
  'job-dead-lettered': { kind: 'job-dead-lettered', jobId: jobId('tg-1'), processes: 6 },
  'storage-unavailable': { kind: 'storage-unavailable', what: 'database' },
  'bucket-failing': { kind: 'bucket-failing', why: 'credentials' },
  'results-not-arriving': { kind: 'results-not-arriving', jobId: jobId('tg-1') },
  'telegram-rate-limited': { kind: 'telegram-rate-limited', forMs: 60_000 },
  'updates-contested': { kind: 'updates-contested', by: 'webhook' },
  'unauthorized-admin-attempt': { kind: 'unauthorized-admin-attempt', userId: 8 },
  budget: { kind: 'budget', of: 'openai', usd: 8.1, limit: 10, isSpent: false },
  'star-payment': { kind: 'star-payment', what: 'found', paymentId: 3, userId: 8, stars: 50 },
  slow: { kind: 'slow', provider: 'bytez', meanMs: 900, usualMs: 300 },
} as const satisfies Record<AlertFacts['kind'], AlertFacts>;

onBothEngines(({ open, openKept }) => {
  test('createAdminCommands() hands out every kind of command, oldest first, until it is answered, across processes', async () => {
    await using store = await openKept();
    const [own, asking] = [createAdminCommands(store.database), createAdminCommands(await store.beside())];
    for (const command of commands) await asking.ask(command, 1_000.5);
    expect((await own.pending()).map(({ command }) => command)).toEqual(commands);
    const [first, second] = await own.pending();
    await own.answer(first?.seq ?? 0, { kind: 'keys-changed', count: 3 }, 2_000.5);
    expect((await own.pending()).map(({ command }) => command)).toEqual(commands.slice(1));
    expect(await asking.answerOf(first?.seq ?? 0)).toEqual({ kind: 'keys-changed', count: 3 });
    expect(await asking.answerOf(second?.seq ?? 0)).toBeUndefined();
  });

  test('createAdminCommands().answer() keeps answers for an hour', async () => {
    await using store = await open();
    const { database } = store;
    const commandStore = createAdminCommands(database);
    const [first, second, third] = [
      await commandStore.ask({ kind: 'wake-keys', keys: 'all' }, 0),
      await commandStore.ask({ kind: 'cancel-job', jobId: jobId('tg-1') }, 0),
      await commandStore.ask({ kind: 'wake-keys', keys: 'all' }, 0),
    ];
    await commandStore.answer(first, { kind: 'keys-changed', count: 1 }, 0);
    await commandStore.answer(second, { kind: 'job-cancelled', ending: 'too-late' }, 3_600_000);
    expect(await commandStore.answerOf(first)).toEqual({ kind: 'keys-changed', count: 1 });
    await commandStore.answer(third, { kind: 'premium-added', untilMs: 5 }, 3_600_001);
    expect(await Promise.all([first, second, third].map((seq) => commandStore.answerOf(seq)))).toEqual([
      undefined,
      { kind: 'job-cancelled', ending: 'too-late' },
      { kind: 'premium-added', untilMs: 5 },
    ]);
  });

  test('createAdminCommands().pending() passes over what another version wrote', async () => {
    await using store = await open();
    const { database } = store;
    const commandStore = createAdminCommands(database);
    for (const command of ['{"kind":"dance"}', 'no JSON', '{"kind":"wake-keys","keys":7}']) {
      await store.change('INSERT INTO admin_commands (command, asked_at_ms) VALUES (?, 0)', command);
    }
    const seq = await commandStore.ask({ kind: 'wake-keys', keys: 'all' }, 0);
    expect(await commandStore.pending()).toEqual([{ seq, command: { kind: 'wake-keys', keys: 'all' } }]);
  });

  test('createAlertStore() shows every kind of alert as saved last, in order', async () => {
    await using store = await openKept();
    const [own, looking] = [createAlertStore(store.database), createAlertStore(await store.beside())];
    const alerts = Object.values(facts).map((one, index): RaisedAlert => ({
      id: `alert-${index}`,
      severity: alertSeverity[one.kind],
      facts: one,
      raisedAtMs: index + 0.5,
    }));
    await own.save(alerts);
    expect(await looking.load()).toEqual(alerts);
    await own.save(alerts.slice(3, 4));
    expect(await looking.load()).toEqual(alerts.slice(3, 4));
    await store.change(`UPDATE raised_alerts SET alert = '{"id":1}'`);
    expect(await looking.load()).toEqual([]);
  });
});
