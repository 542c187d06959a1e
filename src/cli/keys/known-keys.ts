import { join } from 'node:path';
import { type Config, parseConfig } from '../../config.ts';
import type { KeyId } from '../../domain/ids.ts';
import type { KeyHealth } from '../../domain/key-health.ts';
import type { KeyState } from '../../domain/key-state.ts';
import type { KeyRecord } from '../../domain/key-store.ts';
import type { ProviderName } from '../../domain/provider-name.ts';
import { readEnvironment } from '../../environment.ts';
import { fingerprint, keyHint } from '../../keys/fingerprint.ts';
import { type ProviderKey, readKeys } from '../../keys/read-keys.ts';
import { openBeside, saltOf } from '../../storage/open-beside.ts';
import { isOwned } from '../../storage/owner-lock.ts';
import { createSqliteKeyStore } from '../../storage/sqlite-key-store.ts';
import type { Surroundings } from '../surroundings.ts';
import { type KeyOrigin, keyOrigins } from './key-origins.ts';

/** One configured key with what the bot has written down about it. */
export type KnownKey = {
  /** `bytez #3` */
  readonly name: string;
  readonly provider: ProviderName;
  readonly place: number;
  /** Unknown until the bot has run here once. */
  readonly fingerprint: KeyId | undefined;
  /** For a person's eyes only. */
  readonly hint: string;
  readonly origin: KeyOrigin;
  readonly configured: ProviderKey;
  readonly state: KeyState;
  readonly inFlight: number;
  readonly seats: number;
  /** The name of the first key of its account, when it shares one. */
  readonly account: string | undefined;
  readonly health: KeyHealth;
};

export type KnownKeys = {
  readonly nowMs: number;
  readonly bot: 'running' | 'stopped' | 'never-ran';
  readonly config: Config;
  readonly keys: readonly KnownKey[];
  /** How many keys the bot remembers that are not configured here. */
  readonly strangers: number;
  readonly warnings: readonly string[];
};

const dayMs = 86_400_000;
const nothingYet: KeyHealth = { calls: 0, successes: 0, errors: {}, consecutiveErrors: 0, callsToday: 0, day: 0 };

/** The environment that `start` would see, without the token: no command about keys needs it. */
export function lookAtConfig(around: Surroundings): {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  readonly warnings: readonly string[];
} {
  const { env, warnings } = readEnvironment({ cwd: around.cwd, processEnv: around.env });
  return { env, config: parseConfig({ ...env, TELEGRAM_BOT_TOKEN: undefined }), warnings };
}

/** Reads the configured keys, and beside a running bot what it knows of them; changes nothing. */
export async function lookAtKeys(around: Surroundings): Promise<KnownKeys> {
  const { env, config, warnings } = lookAtConfig(around);
  const read = readKeys(env);
  const originOf = keyOrigins(env, read.keys);
  const nowMs = around.clock.now();
  using database = openBeside(databasePath(config));
  const salt = database && saltOf(database);
  const records = database === undefined ? [] : await createSqliteKeyStore(database).load();
  const bot = isOwned(config.dataDir) ? 'running' : salt === undefined ? 'never-ran' : 'stopped';
  const recordOf = new Map(records.map((record) => [record.id, record]));
  const named = read.keys.map((configured) => {
    const id = salt === undefined ? undefined : fingerprint(configured.secret, salt);
    const record = id && recordOf.get(id);
    return { configured, name: `${configured.provider} #${configured.place}`, id, record };
  });
  const nameOf = new Map(named.map(({ id, name }) => [id, name]));
  return {
    nowMs,
    bot,
    config,
    warnings: [...warnings, ...read.warnings],
    strangers: records.length - named.filter(({ record }) => record !== undefined).length,
    keys: named.map(({ configured, name, id, record }) => ({
      name,
      provider: configured.provider,
      place: configured.place,
      fingerprint: id,
      hint: keyHint(configured.secret),
      origin: originOf(configured),
      configured,
      state: record === undefined ? { kind: 'ready' } : stateNow(record.state, nowMs),
      inFlight: bot === 'running' ? (record?.inFlight ?? 0) : 0,
      seats: Math.floor(record?.seats.limit ?? config.providers[configured.provider]?.seatsPerKey ?? 1),
      account: record?.account === undefined ? undefined : nameOf.get(record.account),
      health: healthNow(record, nowMs),
    })),
  };
}

export function databasePath(config: Config): string {
  return join(config.dataDir, 'darkroom.db');
}

/** A rest that is over ends by itself: with a bot that stands still nobody has written that down. */
function stateNow(state: KeyState, nowMs: number): KeyState {
  if (state.kind !== 'cooling' || state.untilMs > nowMs) return state;
  return { kind: 'half-open', after: state.reason, times: 1 };
}

function healthNow(record: KeyRecord | undefined, nowMs: number): KeyHealth {
  if (record === undefined) return nothingYet;
  const today = Math.floor(nowMs / dayMs);
  return record.health.day === today ? record.health : { ...record.health, day: today, callsToday: 0 };
}
