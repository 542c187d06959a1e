import { createHash } from 'node:crypto';
import { parseAdminToken } from '../../config/config.ts';
import type { EnvironmentReading } from '../../config/env.ts';
import type { TokenRenewed } from '../../domain/admin-api.ts';
import type { Emit } from '../../domain/events.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { LiveSecret, Secret } from '../../kit/secret.ts';
import { fileMark } from '../../kit/files.ts';
import { unquoted } from '../../kit/unquoted.ts';

const checkEveryMs = 2_000;

export type LiveTokenOptions = {
  readonly adminToken: LiveSecret;
  readonly readEnvironment: () => Pick<EnvironmentReading, 'env'>;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Called with a new token before it is used, so that no log line can contain it. */
  readonly onSecret: (secret: Secret) => void;
  /** Returns a mark that changes with the file. */
  readonly markOf?: (path: string) => string | undefined;
};

/** By this a process that knows the token tells another one which it means. A token is random, so a hash says nothing of it. */
export function tokenMark(token: Secret): string {
  return createHash('sha256').update(token.reveal()).digest('hex').slice(0, 16);
}

/**
 * Follows changes of the admin's token while the app runs: the file of `ADMIN_TOKEN_FILE` once it has changed and was the
 * same at two checks in a row, `.env` when asked. The old token opens nothing from then on. A token that is missing or not
 * fit for use is warned of once, and the one before it stays.
 */
export class LiveToken implements Disposable {
  readonly #options: LiveTokenOptions;
  readonly #rounds: Disposable;
  /** Of ADMIN_TOKEN_FILE; undefined where the token is in no file of its own. */
  #path: string | undefined;
  /** Marks of that file as it was last read, and as it was at the last check. */
  #read: string | undefined;
  #seen: string | undefined;
  #warned = '';

  constructor(options: LiveTokenOptions) {
    this.#options = options;
    this.#follow(options.readEnvironment().env);
    this.#rounds = every(options.clock, checkEveryMs, () => {
      const mark = this.#markNow();
      const isStable = mark === this.#seen;
      this.#seen = mark;
      if (isStable && mark !== this.#read) this.renew();
    });
  }

  /** Reads the token now; `mark` is that of the one expected there. */
  renew(mark?: string): TokenRenewed {
    const { adminToken, readEnvironment, emit, onSecret } = this.#options;
    const { env } = readEnvironment();
    this.#follow(env);
    const reading = parseAdminToken(env);
    const { now } = adminToken;
    if (now === undefined)
      return this.#keep(['there was none when the bot started: one takes effect at the next start']);
    if (!reading.ok) return this.#keep(reading.mistakes);
    this.#warned = '';
    if (tokenMark(reading.token) !== tokenMark(now)) {
      onSecret(reading.token);
      adminToken.replace(reading.token);
      const text = 'ADMIN_TOKEN is a new one; the old one and what was opened with it ended';
      emit({ event: 'config.warning', text });
    }
    return { isInUse: tokenMark(reading.token) === mark, mistakes: [] };
  }

  [Symbol.dispose](): void {
    this.#rounds[Symbol.dispose]();
  }

  #follow(env: EnvironmentReading['env']): void {
    const path = unquoted((env['ADMIN_TOKEN_FILE'] ?? '').trim());
    this.#path = path === '' ? undefined : path;
    this.#read = this.#seen = this.#markNow();
  }

  #markNow(): string | undefined {
    return this.#path === undefined ? undefined : (this.#options.markOf ?? fileMark)(this.#path);
  }

  #keep(mistakes: readonly string[]): TokenRenewed {
    const text = `The admin's token stays as it was, because ${mistakes.join('; ')}`;
    if (text !== this.#warned) this.#options.emit({ event: 'config.warning', text });
    this.#warned = text;
    return { isInUse: false, mistakes };
  }
}
