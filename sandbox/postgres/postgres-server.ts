import { execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { Secret } from '../../src/kit/secret.ts';

/** The folder with the programs of PostgreSQL: Debian's, the newest first, or one on PATH; undefined where there is none. */
function programs(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(debian, version, 'bin'));
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  return [...folders, ...onPath].find((dir) => ['initdb', 'postgres'].every((name) => existsSync(join(dir, name))));
}

const bin = programs();

/** Whether a server can be started here. */
export const hasPostgres: boolean = bin !== undefined;

type Account = { readonly uid: number; readonly gid: number };

/** Who runs the server: it refuses to run as root. */
export const serverAccount: Account | undefined = process.getuid?.() === 0 ? accountOf('postgres') : undefined;

function accountOf(name: string): Account | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((row) => row.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

const settings = ['-c', 'listen_addresses=', '-c', 'max_connections=300', '-c', 'shared_buffers=64MB'];
const unsafe = ['-c', 'fsync=off', '-c', 'full_page_writes=off'];

/** The command that runs a server in a folder. One that waits for no disk is faster, and loses its data with the machine. */
export function serverCommand(
  folder: string,
  { waitsForDisk }: { readonly waitsForDisk: boolean },
): readonly [string, ...string[]] {
  const words = ['-D', join(folder, 'data'), '-k', folder, ...settings];
  return [join(bin ?? '', 'postgres'), ...words, ...(waitsForDisk ? [] : unsafe)];
}

/** The server listens on a socket in its folder, and on no port. */
export function addressIn(folder: string, database: string): string {
  return `postgres://postgres@localhost/${database}?host=${encodeURIComponent(folder)}`;
}

/** Makes the files of a server in an empty folder. */
export async function makeCluster(folder: string): Promise<void> {
  if (serverAccount !== undefined) chownSync(folder, serverAccount.uid, serverAccount.gid);
  const words = ['-D', join(folder, 'data'), '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale', 'C'];
  await promisify(execFile)(join(bin ?? '', 'initdb'), [...words, '--no-sync'], { ...serverAccount, cwd: folder });
}

/** Asks until the server answers; rejects when it has not within a minute, or when the signal aborts. */
export async function untilUp(folder: string, signal?: AbortSignal): Promise<void> {
  for (const end = performance.now() + 60_000; ; await sleep(10)) {
    signal?.throwIfAborted();
    const client = new Client({ connectionString: addressIn(folder, 'postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/**
 * Runs the server in a session of its own, where Ctrl-C does not reach it. The end of standard input ends the server,
 * however its starter has ended, and the folder goes with it.
 */
const guard = `folder=$1; shift
exec 3<&0
"$@" </dev/null & server=$!
{ cat <&3 >/dev/null; kill -QUIT $server; } 2>/dev/null & watcher=$!
wait $server
kill $watcher 2>/dev/null
cd / && rm -rf "$folder"`;

const maxKeptWords = 4_000;

export type ThrowAwayServer = AsyncDisposable & { readonly url: Secret };

/**
 * Starts a server with an empty database in a folder of its own for temporary files; both end with the scope or with this
 * process. Throws an Error with the server's own words when it does not start.
 */
export async function startPostgres(): Promise<ThrowAwayServer> {
  if (process.getuid?.() === 0 && serverAccount === undefined) {
    throw new Error('PostgreSQL refuses to run as root, and there is no user "postgres": run this as another user');
  }
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-postgres-'));
  try {
    await makeCluster(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const command = serverCommand(folder, { waitsForDisk: false });
  const child = spawn('sh', ['-c', guard, 'guard', folder, ...command], {
    ...serverAccount,
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (words: string) => (said = (said + words).slice(-maxKeptWords)));
  child.stdin.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.stdin.end();
    await gone;
  };
  const ended = new AbortController();
  void gone.then(() => ended.abort(new Error(`PostgreSQL ended at once and said:\n${said}`)));
  try {
    await untilUp(folder, ended.signal);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: new Secret(addressIn(folder, 'postgres')), [Symbol.asyncDispose]: stop };
}
