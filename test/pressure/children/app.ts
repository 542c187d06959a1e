import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { openApp } from '../../../src/app/open-app.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { readKeys } from '../../../src/keys/sources/read-keys.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import type { Pressure } from '../app-under-pressure.ts';

/** The real app in a process of its own, on a machine that refuses to write whenever it is told to. */
const { PRESSURE: pressure, ...env } = process.env;
const config = parseConfig(env);
const say = (line: unknown) => void writeSync(1, `${JSON.stringify(line)}\n`);

const opened: DatabaseSync[] = [];
const original: unknown = Reflect.get(DatabaseSync.prototype, 'exec');
const exec = (database: DatabaseSync, sql: string) => Reflect.apply(original as () => void, database, [sql]);
Reflect.set(DatabaseSync.prototype, 'exec', function (this: DatabaseSync, sql: string) {
  if (sql.includes('journal_mode')) opened.push(this);
  exec(this, sql);
});

type Machine = { readonly refuse: () => void; readonly allow: () => void };

/** A file that takes all the room there is. */
function ballast(): Machine {
  const path = join(config.dataDir, 'ballast');
  return {
    refuse: () => {
      const file = openSync(path, 'w');
      for (let bytes = 1 << 20; bytes >= 1; bytes = Math.floor(bytes / 2)) {
        try {
          while (writeSync(file, Buffer.alloc(bytes)) === bytes);
        } catch {
          // No room for so much any more.
        }
      }
      closeSync(file);
    },
    allow: () => rmSync(path),
  };
}

/** The system lets this process write no byte further into any file. */
function quota(): Machine {
  const limit = (bytes: string) => execFileSync('prlimit', [`--fsize=${bytes}:`, '--pid', String(process.pid)]);
  return { refuse: () => limit('1'), allow: () => limit('unlimited') };
}

/** A pragma on the bot's own connection. */
function pragma(refuse: string, allow: string): Machine {
  const every = (sql: string) => {
    for (const database of opened) exec(database, `PRAGMA ${sql}`);
  };
  return { refuse: () => every(refuse), allow: () => every(allow) };
}

const machines: Readonly<Record<Pressure, Machine>> = {
  'full disk': ballast(),
  'quota used up': quota(),
  'database read-only': pragma('query_only = 1', 'query_only = 0'),
};

const app = await openApp({
  config,
  keys: readKeys(env).keys,
  clock: systemClock,
  random: Math.random,
  emit: say,
});
say({ event: 'test.opened', httpUrl: app.httpUrl });

createInterface({ input: process.stdin }).on('line', (word) => {
  if (word === 'memory') return say({ event: 'test.did', word, rssBytes: process.memoryUsage.rss() });
  const machine = machines[pressure as Pressure];
  if (word === 'refuse') machine.refuse();
  else machine.allow();
  say({ event: 'test.did', word });
});
await app.broken;
