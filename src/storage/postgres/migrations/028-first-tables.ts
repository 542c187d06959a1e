import { functions } from './028-functions.ts';
import { laterTables } from './028-later-tables.ts';
import { sharedTables } from './028-shared-tables.ts';
import { tables } from './028-tables.ts';
import { triggers } from './028-triggers.ts';

/** Everything that SQLite's schema 28 has. A migration has the number of the one of SQLite that it matches. */
export const firstTables = { version: 28, sql: functions + tables + laterTables + triggers + sharedTables } as const;
