import type { Config } from '../config/config.ts';
import type { AdminApi, Change, KeyChoice, AdminAnswer, AdminCommand } from '../domain/admin-api.ts';
import { perKind, laneOf } from '../domain/kinds.ts';
import type { ProviderKey } from '../keys/sources/read-keys.ts';
import { fingerprint } from '../keys/sources/identify-keys.ts';
import { sealContext } from '../keys/keyring/keyring.ts';
import type { Clock } from '../kit/clock.ts';
import { createSealer } from '../kit/sealer.ts';
import { Secret } from '../kit/secret.ts';
import type { Database } from '../storage/database.ts';
import {
  createAdminCommands,
  createAlertStore,
  createAuditLog,
  createOperatorKeys,
} from '../storage/stores/admin-state.ts';
import { createJobReader } from '../storage/stores/jobs/job-reader.ts';
import { createKeyStore } from '../storage/stores/key-store.ts';
import { createSafety } from '../storage/stores/safety/safety-store.ts';
import { createPayments } from '../storage/stores/payments/payment-store.ts';
import { createUsers } from '../storage/stores/people-and-chats.ts';
import { type AdminRecords, createAdminRecords } from './owner-admin.ts';
import { keysFromRecords, testKeys } from './test-keys.ts';
import { neverRanWords } from './processes/kept-where.ts';
import { openDatabaseBeside } from './processes/open-beside.ts';
import { StartError } from './start-error.ts';

/** How long a change waits for the owner, which polls for commands every second. */
export const maxChangeWaitMs = 3_000;
/** The provider is asked about a new key first. */
export const maxAddWaitMs = 20_000;
const pollEveryMs = 100;

export type AdminOptions = {
  readonly config: Config;
  /** The configured keys, in their order. */
  readonly keys: readonly ProviderKey[];
  readonly clock: Clock;
  /** Once it aborts, changes stop waiting for the owner and return `asked`. */
  readonly signal?: AbortSignal;
};

export type OpenAdmin = Disposable & {
  readonly admin: AdminApi;
  /** Whether a process owns the database; `never-ran` where there is none, and nothing can be changed. */
  readonly owner: 'running' | 'stopped' | 'never-ran';
  /** How many stored keys are not among the configured ones. */
  readonly unconfiguredKeys: number;
};

/**
 * The admin API in a process that does not own the database: reads it, and writes only command rows, which the owner
 * executes. Throws a StorageError when the database cannot be read.
 */
export async function openAdmin(options: AdminOptions): Promise<OpenAdmin> {
  const { config, keys, clock, signal } = options;
  using opening = new DisposableStack();
  const { database: found, salt, isRunning } = opening.use(await openDatabaseBeside(config));
  const owner = isRunning ? 'running' : salt === undefined ? 'never-ran' : 'stopped';
  const recordsNow = async () => (found === undefined ? [] : await createKeyStore(found).load());
  const addedKeys = async () => (found === undefined ? [] : await createOperatorKeys(found).added());
  const listKeys = async () =>
    keysFromRecords({
      config,
      keys,
      further: await addedKeys(),
      own: found === undefined ? new Map() : await createOperatorKeys(found).settings(),
      salt,
      records: await recordsNow(),
      isRunning: owner === 'running',
      nowMs: clock.now(),
    });
  const configured = new Set((await listKeys()).map(({ id }) => id));
  const unconfiguredKeys = (await recordsNow()).filter(({ id }) => !configured.has(id)).length;

  /** Stores the command and waits shortly for the answer of a running owner. */
  const ask = async <Value>(
    command: AdminCommand,
    read: (answer: AdminAnswer) => Value | undefined,
    maxWaitMs = maxChangeWaitMs,
  ): Promise<Change<Value>> => {
    using beside = await openDatabaseBeside(config, { writable: true });
    const { database } = beside;
    if (database === undefined || salt === undefined) {
      throw new StartError(`Cannot change anything: ${neverRanWords(config)}`);
    }
    const commands = createAdminCommands(database);
    const seq = await commands.ask(command, clock.now());
    const untilMs = owner === 'running' ? clock.monotonicMs() + maxWaitMs : 0;
    for (;;) {
      const answer = await commands.answerOf(seq);
      const value = answer && read(answer);
      if (value !== undefined) return { kind: 'done', value };
      if (clock.monotonicMs() >= untilMs || signal?.aborted === true) return { kind: 'asked' };
      await clock.sleep(pollEveryMs, signal ?? new AbortController().signal).catch(() => undefined);
    }
  };
  const changeKeys = (kind: 'wake-keys' | 'disable-keys' | 'enable-keys', choice: KeyChoice) =>
    ask({ kind, keys: choice }, (answer) => (answer.kind === 'keys-changed' ? answer.count : undefined));

  const read = found === undefined ? emptyRecords(config) : recordsOf(found, options);
  const opened = opening.move();
  return {
    owner,
    unconfiguredKeys,
    admin: {
      keys: {
        list: listKeys,
        wake: (choice) => changeKeys('wake-keys', choice),
        disable: (choice) => changeKeys('disable-keys', choice),
        enable: (choice) => changeKeys('enable-keys', choice),
        test: async (choice, more) => testKeys({ config, keys, views: await listKeys(), clock, choice, ...more }),
        add: async ({ provider, key, ...settings }) => {
          if (config.masterKey === undefined || salt === undefined)
            return { kind: 'done', value: { kind: 'no-master-key' } };
          const id = fingerprint(new Secret(key), salt);
          const sealed = createSealer(config.masterKey, salt).seal(key, sealContext(provider, id));
          const command = { kind: 'add-key', provider, keyId: id, sealed, settings } as const;
          return ask(command, (answer) => (answer.kind === 'key-added' ? answer.added : undefined), maxAddWaitMs);
        },
        set: (keyId, patch) =>
          ask({ kind: 'set-key', keyId, patch }, (answer) => (answer.kind === 'key-set' ? answer.isKnown : undefined)),
        remove: (keyId) =>
          ask({ kind: 'remove-key', keyId }, (answer) => (answer.kind === 'key-removed' ? answer.removed : undefined)),
      },
      jobs: {
        ...read.jobs,
        cancel: (jobId) =>
          ask({ kind: 'cancel-job', jobId }, (answer) => (answer.kind === 'job-cancelled' ? answer.ending : undefined)),
      },
      people: {
        ...read.people,
        addPremium: (userId, days, grant) =>
          ask({ kind: 'add-premium', userId, days, grant }, (answer) =>
            answer.kind === 'premium-added' ? answer.untilMs : undefined,
          ),
        block: (id, reason) =>
          ask({ kind: 'block', id, ...(reason === undefined ? {} : { reason }) }, (answer) =>
            answer.kind === 'block-changed' ? answer.value : undefined,
          ),
        unblock: (id) =>
          ask({ kind: 'unblock', id }, (answer) => (answer.kind === 'block-changed' ? answer.value : undefined)),
      },
      reload: () =>
        ask({ kind: 'reload' }, (answer) =>
          answer.kind === 'reloaded' ? { keys: answer.keys, mistakes: answer.mistakes } : undefined,
        ),
      renewToken: (mark) =>
        ask({ kind: 'renew-token', mark }, (answer) =>
          answer.kind === 'token-renewed' ? { isInUse: answer.isInUse, mistakes: answer.mistakes } : undefined,
        ),
      costs: read.costs,
      payments: read.payments,
      audit: async (page) => (found === undefined ? [] : createAuditLog(found).latest(page)),
      note: async () =>
        Promise.reject(new StartError('Cannot note anything: only the running bot writes the audit log')),
      history: read.history,
      spending: read.spending,
      // Stored alerts are current only while an owner runs.
      alerts: async () => (found === undefined || owner !== 'running' ? [] : createAlertStore(found).load()),
    },
    [Symbol.dispose]: () => opened.dispose(),
  };
}

function recordsOf(database: Database, { config, clock }: AdminOptions): AdminRecords {
  const [reader, users] = [createJobReader(database), createUsers(database)];
  const [payments, safety] = [createPayments(database), createSafety(database)];
  return createAdminRecords({ reader, payments, users, safety, config, clock });
}

const noJobs = { requests: 0, answered: 0, failed: 0, cancelled: 0, callsOfAnswered: 0 };

const noPayments = {
  payments: 0,
  stars: { received: 0, credited: 0, unclear: 0, refunding: 0, refunded: 0, notListed: 0 },
  results: { sold: 0, used: 0, left: 0, takenBack: 0 },
};

/** For a data folder without a database. */
function emptyRecords({ premiumIds }: Config): AdminRecords {
  return {
    jobs: {
      list: async () => [],
      find: async () => undefined,
      trail: async () => [],
      stats: async () => ({ lines: [], undelivered: 0 }),
    },
    costs: async () => [],
    payments: async () => ({ sums: noPayments, latest: [] }),
    history: async () => ({ stepMs: 3_600_000, spans: [], total: noJobs }),
    spending: async () => ({ days: [], people: [], peopleInAll: 0, clients: [] }),
    people: {
      find: async (id) => ({
        user: { id },
        lane: laneOf({ id }, premiumIds, 0),
        usedToday: perKind(() => 0),
        openJobs: 0,
        restrictions: { strikes: 0 },
      }),
      blocks: async () => [],
    },
  };
}
