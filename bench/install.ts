import { execFile } from 'node:child_process';
import { copyFile, lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { BenchmarkReport, Progress } from './figure.ts';

const root = join(import.meta.dirname, '..');
const maxInstallMs = 40_000;
const megabyte = 1_000_000;
const quietFlags = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
const failFast = ['--fetch-retries=0', '--fetch-timeout=15000', '--loglevel=error'];
const manifest = z.object({ dependencies: z.object({ grammy: z.string() }) });

type Installed = { readonly packages: number; readonly bytes: number };

/** Packages and megabytes of a production install, made from the lock file. */
export async function install(progress: Progress): Promise<BenchmarkReport> {
  const { grammy } = manifest.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))).dependencies;
  try {
    progress('npm ci --omit=dev in two empty folders');
    const [app, bare] = await Promise.all([
      installed(['ci', ...quietFlags, ...failFast], ['package.json', 'package-lock.json']),
      installed(['install', `grammy@${grammy}`, ...quietFlags, ...failFast], []),
    ]);
    const name = `grammy ${grammy} alone`;
    return {
      figures: [
        {
          what: 'packages installed for production',
          unit: 'packages',
          better: 'lower',
          app: app.packages,
          rival: { name, value: bare.packages },
        },
        {
          what: 'size installed for production',
          unit: 'MB',
          better: 'lower',
          app: app.bytes / megabyte,
          rival: { name, value: bare.bytes / megabyte },
        },
      ],
    };
  } catch (error) {
    return { figures: [], skipped: `npm could not install from its registry: ${firstLine(error)}` };
  }
}

async function installed(npmWords: readonly string[], files: readonly string[]): Promise<Installed> {
  const dir = await mkdtemp(join(tmpdir(), 'darkroom-install-'));
  try {
    for (const file of files) await copyFile(join(root, file), join(dir, file));
    await npm(npmWords, dir);
    // The first line is the folder itself.
    const listed = (await npm(['ls', '--omit=dev', '--all', '--parseable'], dir)).trim().split('\n').slice(1);
    return { packages: listed.length, bytes: await bytesIn(join(dir, 'node_modules')) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export async function npm(words: readonly string[], cwd: string): Promise<string> {
  // Set by `npm run`: it would lead npm back to this project.
  const { npm_config_local_prefix: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)('npm', words, { cwd, env, timeout: maxInstallMs });
  return stdout;
}

async function bytesIn(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => lstat(join(entry.parentPath, entry.name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

export function firstLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  const said = stderr.split('\n').find((line) => line.startsWith('npm error'));
  return said ?? (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
}
