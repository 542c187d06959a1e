import { chmodSync, rmSync } from 'node:fs';
import type { SqliteDatabase } from './connection.ts';
import { firstTables } from './migrations/001-first-tables.ts';
import {
  admin,
  answersAndForgetting,
  calls,
  chats,
  chosenModels,
  conversations,
  costs,
  deliveries,
  heardLanguage,
  keyRecords,
  notices,
  operations,
  optionsAndDialogues,
  owners,
  rests,
  rewrites,
  statusLists,
} from './migrations/002-later-tables.ts';
import { resultCopies } from './migrations/019-result-copies.ts';
import { operators } from './migrations/020-operators.ts';
import { apiClients, webhookOutbox } from './migrations/021-other-programs.ts';
import { payments, remix } from './migrations/023-remix-and-payments.ts';
import { groups, safety } from './migrations/025-groups.ts';
import { people } from './migrations/027-people.ts';
import { personal } from './migrations/028-personal.ts';
import { StorageError } from '../storage-error.ts';

export type Migration = {
  readonly version: number;
  readonly sql: string;
};

/** Every migration in order; a released migration is never edited. */
export const migrations: readonly Migration[] = [
  firstTables,
  optionsAndDialogues,
  keyRecords,
  calls,
  chats,
  answersAndForgetting,
  rests,
  heardLanguage,
  owners,
  admin,
  operations,
  deliveries,
  conversations,
  statusLists,
  notices,
  costs,
  chosenModels,
  rewrites,
  resultCopies,
  operators,
  apiClients,
  webhookOutbox,
  remix,
  payments,
  groups,
  safety,
  people,
  personal,
];

export function schemaVersion(database: SqliteDatabase): number {
  return Number(database.getNow('PRAGMA user_version')?.['user_version']);
}

/** Throws a StorageError for a schema that a newer version of the program wrote. */
export function checkSchemaVersion(database: SqliteDatabase, steps: readonly Migration[]): void {
  const found = schemaVersion(database);
  const known = newestVersion(steps);
  if (found <= known) return;
  throw new StorageError(
    'newer-schema',
    `Cannot open database "${database.path}": its schema is ${found}, this version knows up to ${known}; start the newer version again or choose another DATA_DIR`,
  );
}

/** Migrates the schema to the newest version in one transaction; copies an existing database to a second file first. */
export function migrate(database: SqliteDatabase, steps: readonly Migration[]): void {
  const found = schemaVersion(database);
  const missing = steps.filter((step) => step.version > found);
  if (missing.length === 0) return;
  if (found > 0 && database.path !== ':memory:') keepCopy(database, `${database.path}.schema-${found}`);
  database.transaction(() => {
    for (const step of missing) database.script(step.sql);
    database.script(`PRAGMA user_version = ${newestVersion(missing)}`);
  });
}

function newestVersion(steps: readonly Migration[]): number {
  return Math.max(0, ...steps.map((step) => step.version));
}

function keepCopy(database: SqliteDatabase, copy: string): void {
  rmSync(copy, { force: true });
  database.runNow('VACUUM INTO ?', copy);
  chmodSync(copy, 0o600);
}
