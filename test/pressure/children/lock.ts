import { DatabaseSync } from 'node:sqlite';

/** Somebody else who keeps the database locked until this process is ended. */
const database = new DatabaseSync(process.argv[2] ?? '', { timeout: 5_000 });
database.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
process.stdin.resume();
