import { type DatabaseAddress, databaseAddress } from '../../config/database-url.ts';
import type { Secret } from '../../kit/secret.ts';
import { sharedSchema } from '../../app/processes/move-storage.ts';

/** How a PostgreSQL database is backed up: by its own program, with the commands of this database. */
export function howToBackUp(url: Secret, file: string): string {
  const address = databaseAddress(url);
  return [
    'The database is in PostgreSQL, whose own program backs it up while the bot runs:',
    '',
    `  ${command('pg_dump', address, ['--schema', sharedSchema, '--format', 'custom', '--file', file])}`,
    '',
    passwordWords,
    'The file holds people’s prompts: keep it as safe as the database. Results are in the bucket or in DATA_DIR/results.',
    `"darkroom restore ${quoted(file)}" says how to go back.`,
    '',
  ].join('\n');
}

/** How such a file comes back: every process has to be stopped. */
export function howToRestore(url: Secret, file: string): string {
  const address = databaseAddress(url);
  const words = ['--clean', '--if-exists', '--single-transaction', '--exit-on-error', '--no-owner', file];
  return [
    'The database is in PostgreSQL, whose own program puts a backup in its place. Stop every process of the bot first ("darkroom processes" shows them), then:',
    '',
    `  ${command('pg_restore', address, words)}`,
    '',
    passwordWords,
    'What the database holds now is replaced. Requests accepted after the backup are unknown to the bot: people have to ask again.',
    '',
  ].join('\n');
}

/** How one begins with an empty database and keeps the one that is there; `now`: a date without signs, for the name. */
export function howToSetAside(url: Secret, now: string): string {
  const address = databaseAddress(url);
  const renamed = `ALTER SCHEMA ${sharedSchema} RENAME TO ${sharedSchema}_aside_${now}`;
  return [
    'The database is in PostgreSQL, which repairs its own damage; a backup comes back with "darkroom restore <file>".',
    'To begin with an empty one all the same, stop every process of the bot first ("darkroom processes" shows them), then:',
    '',
    `  ${command('psql', address, ['--set', 'ON_ERROR_STOP=1', '--command', renamed])}`,
    '',
    passwordWords,
    'Nothing is deleted: the next start makes new tables, and those of before stay under the new name.',
    '',
  ].join('\n');
}

const passwordWords =
  'It asks for the password, or reads it from ~/.pgpass or the file that PGPASSFILE names; no command line should hold it.';

function command(
  program: string,
  { host, port, user, name, sslmode }: DatabaseAddress,
  words: readonly string[],
): string {
  const named = [
    '--host',
    host,
    '--port',
    port,
    ...(user === undefined ? [] : ['--username', user]),
    ...(name === undefined ? [] : ['--dbname', name]),
  ];
  const line = [program, ...named, ...words].map((word) => quoted(word)).join(' ');
  return sslmode === undefined ? line : `PGSSLMODE=${quoted(sslmode)} ${line}`;
}

/** For a shell. */
function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
