import type { Config } from '../../config/config.ts';

type Where = Pick<Config, 'dataDir' | 'databaseUrl'>;

/** Which setting says where the bot keeps everything, in the words of a message: `DATA_DIR ./data` or `this DATABASE_URL`. */
export function keptWhere({ dataDir, databaseUrl }: Where): string {
  return databaseUrl === undefined ? `DATA_DIR ${dataDir}` : 'this DATABASE_URL';
}

/** Why nothing is known, and what to do: the end of a message after a colon. */
export function neverRanWords(config: Where): string {
  const other =
    config.databaseUrl === undefined
      ? 'set DATA_DIR to the folder it uses'
      : 'set DATABASE_URL to the database it uses, with the name at its end';
  return `the bot has never run with ${keptWhere(config)}; start it once, or ${other}`;
}
