import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import {
  addressIn,
  hasPostgres,
  makeCluster,
  serverAccount,
  serverCommand,
  untilUp,
} from '../../sandbox/postgres/postgres-server.ts';
import { Secret } from '../../src/kit/secret.ts';

export { hasPostgres };

// Tests of PostgreSQL run where it is installed; elsewhere they are skipped, and this says so.
if (!hasPostgres)
  process.stderr.write('tests of PostgreSQL are SKIPPED: it is not installed (apt-get install postgresql)\n');

/** A server of a test's own, on a disk that is waited for: one that may be killed. */
export type KillableServer = AsyncDisposable & {
  readonly url: Secret;
  /** Undefined while none runs. */
  readonly pid: number | undefined;
  /** SIGKILL to the server and everything it has started. */
  kill(): Promise<void>;
  /** Resolves once it answers. */
  start(): Promise<void>;
};

export async function killableServer(): Promise<KillableServer> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-killed-'));
  await makeCluster(folder);
  const log = openSync(join(folder, 'log'), 'a');
  let server: ReturnType<typeof launch> | undefined;
  const launch = () => {
    const [program, ...words] = serverCommand(folder, { waitsForDisk: true });
    const child = spawn(program, words, { ...serverAccount, cwd: folder, stdio: ['ignore', log, log] });
    return { child, gone: new Promise<void>((resolve) => child.once('exit', () => resolve())) };
  };
  const kill = async () => {
    const pid = server?.child.pid;
    if (pid === undefined) return;
    // One that stands still starts no more children. A child that outlives it would hold its memory.
    process.kill(pid, 'SIGSTOP');
    const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)]).toString();
    for (const one of [...listed.matchAll(/\d+/g)].map(([found]) => Number(found))) {
      try {
        process.kill(one, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    process.kill(pid, 'SIGKILL');
    await server?.gone;
  };
  const start = async () => {
    for (const end = performance.now() + 60_000; ;) {
      server = launch();
      const up = untilUp(folder);
      up.catch(() => undefined);
      // It refuses to start while the last child of the one before still ends.
      if (await Promise.race([up.then(() => true), server.gone.then(() => false)])) return;
      if (performance.now() > end) throw new Error(`Cannot start PostgreSQL: look into "${folder}/log"`);
    }
  };
  await start();
  return {
    url: new Secret(addressIn(folder, 'postgres')),
    get pid() {
      return server?.child.pid;
    },
    kill,
    start,
    [Symbol.asyncDispose]: async () => {
      server?.child.kill('SIGQUIT');
      await server?.gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * One server serves a whole run of the tests, from the first that asks for it. It waits for no disk, and ends with the
 * process that began the run.
 */
async function sharedServer(): Promise<string> {
  const run = process.env['TEST_RUN'] ?? String(process.pid);
  const folder = join(tmpdir(), `darkroom-postgres-${run}`);
  const ready = join(folder, 'ready');
  try {
    mkdirSync(folder, { mode: 0o755 });
  } catch {
    for (const end = performance.now() + 60_000; !existsSync(ready); await sleep(20)) {
      if (performance.now() > end) throw new Error(`Cannot find the server that another test starts in "${folder}"`);
    }
    return folder;
  }
  await makeCluster(folder);
  const server = serverCommand(folder, { waitsForDisk: false });
  // As long as the run lasts, and no longer, however it ends.
  const log = join(folder, 'log');
  const guard = `"$@" >"${log}" 2>&1 & server=$!
    while ps -p ${run} >/dev/null && kill -0 $server 2>/dev/null; do sleep 1; done
    kill -QUIT $server; wait $server; rm -rf "${folder}"`;
  spawn('sh', ['-c', guard, 'guard', ...server], {
    cwd: '/',
    ...serverAccount,
    stdio: 'ignore',
    detached: true,
  }).unref();
  await untilUp(folder);
  writeFileSync(ready, '');
  return folder;
}

let shared: Promise<string> | undefined;

export type TestDatabase = AsyncDisposable & { readonly url: Secret };

/** An empty database of its own, on the server of this run. */
export async function testDatabase(): Promise<TestDatabase> {
  shared ??= sharedServer();
  const folder = await shared;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await inServer(folder, `CREATE DATABASE ${name}`);
  return {
    url: new Secret(addressIn(folder, name)),
    [Symbol.asyncDispose]: () => inServer(folder, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function inServer(folder: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: addressIn(folder, 'postgres') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
