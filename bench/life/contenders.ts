import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { firstLine, npm } from '../install.ts';
import { type NodeProcess, startNode } from '../node-process.ts';
import { resultsDir, scratch } from '../scratch.ts';
import { type LifeWorld, startLifeWorld } from './life-world.ts';

const root = join(import.meta.dirname, '..', '..');
const rivals = join(import.meta.dirname, '..', 'rivals');
const token = '100000005:token-of-the-benchmarks-opens-nothing';
const keys = Array.from({ length: 8 }, (_, index) => `bench-key-${index + 1}`).join(',');
const seats = '4';
/** The build that the targets are measured against. */
const earlierCommit = 'e5e9807';
const queuePackages = ['bullmq@6.7.0', 'ioredis@6.0.0'];

export type Contender = {
  readonly name: string;
  /** What follows `node`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly needsRedis?: true;
  /** Stores what it accepts, so that a slow disk and a count of commits mean something. */
  readonly isDurable?: true;
  /** Is Darkroom: starts with a folder that holds finished jobs. */
  readonly isDarkroom?: true;
};

function darkroom(name: string, home: string): Contender {
  const env = { BYTEZ_API_KEYS: keys, BYTEZ_SEATS_PER_KEY: seats, HTTP_PORT: '0', DRAIN_S: '0', FREE_WAITING: '1000' };
  const limits = { FREE_IMAGES_PER_DAY: '-1', MAX_WAIT_S: '2592000' };
  const args = [join(home, 'bin/darkroom.js'), 'start'];
  return { name, args, env: { ...env, ...limits }, isDurable: true, isDarkroom: true };
}

export const today = darkroom('Darkroom', root);
export const bare: Contender = { name: 'bare grammY bot', args: [join(rivals, 'bare-bot.js')], env: {} };
export const onRunner: Contender = { ...bare, name: 'grammY on its runner', env: { ON_RUNNER: '1' } };
export const floor: Contender = { name: 'the floor', args: [join(rivals, 'floor-bot.js')], env: {}, isDurable: true };

/** Makes the bundle that people start with, of the source as it is now. */
export function bundleToday(): void {
  execFileSync(process.execPath, [join(root, 'scripts/bundle/make-bundle.js')], { stdio: 'pipe' });
}

/** The earlier build, checked out and installed beside this one; or why it cannot be had. */
export async function earlierDarkroom(): Promise<Contender | { readonly why: string }> {
  const home = join(resultsDir, `darkroom-${earlierCommit}`);
  try {
    if (!existsSync(join(home, 'node_modules'))) {
      mkdirSync(home, { recursive: true });
      execFileSync('sh', ['-c', `git archive ${earlierCommit} | tar -x -C "${home}"`], { cwd: root, stdio: 'pipe' });
      await npm(['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'], home);
    }
    return darkroom(`Darkroom ${earlierCommit}`, home);
  } catch (error) {
    return { why: `the build ${earlierCommit} cannot be had: ${firstLine(error)}` };
  }
}

/** The bot on BullMQ and Redis; or why it cannot be had. */
export async function queueBot(): Promise<Contender | { readonly why: string }> {
  const home = join(resultsDir, 'rivals', 'bullmq');
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'pipe' });
  } catch {
    return { why: 'there is no redis-server: apt-get install redis-server' };
  }
  try {
    if (!existsSync(join(home, 'node_modules/bullmq'))) {
      mkdirSync(home, { recursive: true });
      await npm(['install', '--prefix', home, ...queuePackages, '--no-audit', '--no-fund', '--loglevel=error'], home);
    }
  } catch (error) {
    return { why: `npm could not install ${queuePackages.join(', ')}: ${firstLine(error)}` };
  }
  const args = [join(rivals, 'queue-bot.js')];
  return { name: 'grammY, BullMQ, Redis', args, env: { PACKAGES: home }, needsRedis: true, isDurable: true };
}

export type Running = AsyncDisposable & {
  readonly contender: Contender;
  readonly world: LifeWorld;
  readonly process: NodeProcess;
  /** The processes that a life costs: the bot's, and that of its store. */
  readonly pids: readonly number[];
  /** Milliseconds from the start of the process to its first request for updates. */
  readonly startMs: number;
  /** Starts one more process in the same world, over the same folder. */
  startAnother(): NodeProcess;
};

export type StartOptions = {
  readonly nodeOptions?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Where it stores; a new folder when absent. */
  readonly dataDir?: string;
};

/** Starts a contender in a world of its own; resolves when it asks for updates. */
export async function start(contender: Contender, options: StartOptions = {}): Promise<Running> {
  const { nodeOptions = [], env = {} } = options;
  await using opening = new AsyncDisposableStack();
  const { dir } = opening.use(scratch());
  const dataDir = options.dataDir ?? join(dir, 'data');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const world = opening.use(await startLifeWorld(dir));
  const redis = contender.needsRedis === true ? opening.use(await startRedis(dataDir, env)) : undefined;
  const startedMs = performance.timeOrigin + performance.now();
  const startOne = () =>
    startNode({
      args: [...nodeOptions, ...contender.args],
      cwd: dir,
      env: {
        TELEGRAM_BOT_TOKEN: token,
        TELEGRAM_API_ROOT: `http://${world.host}`,
        BYTEZ_BASE_URL: `http://${world.host}/models/v2`,
        PROVIDER_URL: `http://${world.host}/models/v2`,
        PROVIDER_KEYS: keys,
        SEATS: seats,
        MEDIA_ALLOW_PRIVATE_HOSTS: world.host,
        DATA_DIR: dataDir,
        ...(redis === undefined ? {} : { REDIS_SOCKET: redis.socket }),
        ...contender.env,
        ...env,
      },
    });
  const process = opening.use(startOne());
  const startMs = (await Promise.race([world.firstPollMs(), process.died])) - startedMs;
  const opened = opening.move();
  const pids = [process.pid, ...(redis === undefined ? [] : [redis.pid])];
  return {
    contender,
    world,
    process,
    pids,
    startMs,
    startAnother: startOne,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

type Redis = AsyncDisposable & { readonly socket: string; readonly pid: number };

/** A Redis that writes each command to its log, and the log to the disk, before it answers. */
async function startRedis(dir: string, env: Readonly<Record<string, string>>): Promise<Redis> {
  const socket = join(dir, 'redis.sock');
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const child: ChildProcess = spawn(
    'redis-server',
    ['--port', '0', '--unixsocket', socket, '--dir', dir, '--logfile', '/dev/null', ...durable],
    { stdio: 'ignore', env: { ...process.env, ...env } },
  );
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  while (!existsSync(socket)) await rest(10);
  return {
    socket,
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', kill);
      kill();
    },
  };
}
