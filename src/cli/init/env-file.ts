import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { StartError } from '../../app/start-error.ts';

export type EnvValues = {
  readonly token: string;
  readonly keys: readonly string[];
  readonly adminIds: readonly number[];
  /** Every other setting by its name. */
  readonly more: ReadonlyMap<string, string>;
};

/** The text of a `.env` with these values. */
export function envText({ token, keys, adminIds, more }: EnvValues): string {
  const lines = [
    '# Written by "darkroom init". .env.example and docs/configuration.md explain every other setting.',
    `TELEGRAM_BOT_TOKEN=${token}`,
    ...(keys.length === 0
      ? ['# One key, or several separated by commas. Without one every request fails.', 'BYTEZ_API_KEYS=']
      : [`BYTEZ_API_KEYS=${quoted(keys.join(','))}`]),
    ...(adminIds.length === 0
      ? ['# Your own Telegram user id: it gets alerts, and /keys.', 'ADMIN_IDS=']
      : [`ADMIN_IDS=${adminIds.join(',')}`]),
    ...[...more].map(([name, value]) => `${name}=${quoted(value)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** A # would cut the value, and a backslash or a dollar sign means something to other readers of the file. */
function quoted(value: string): string {
  return /[#\\$`]/.test(value) ? `'${value}'` : value;
}

/**
 * Writes the whole file or nothing, readable by its owner alone. A file that is there is kept under the name `keepAs`.
 * Throws a StartError.
 */
export function writeEnvFile(path: string, text: string, keepAs: string | undefined): void {
  const part = `${path}.${randomUUID()}.part`;
  try {
    const file = openSync(part, 'wx', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (keepAs === undefined && existsSync(path)) throw new Error('somebody else has just written it');
    if (keepAs !== undefined) copyFileSync(path, keepAs, constants.COPYFILE_EXCL);
    renameSync(part, path);
  } catch (error) {
    const facts = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `Cannot write ${path}: ${facts}; make the folder writable for this user, nothing was written`,
      {
        cause: error,
      },
    );
  } finally {
    rmSync(part, { force: true });
  }
}

/** A name beside the file that nothing has yet. */
export function freeNameBeside(path: string, nowMs: number): string {
  const wanted = `${path}.before-${new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
  let name = wanted;
  for (let count = 2; existsSync(name); count += 1) name = `${wanted}-${count}`;
  return name;
}
