import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { compiled } from './compiled.ts';

export const source = join(import.meta.dirname, '..', '..', 'src');

export type Ending = { readonly code: number | null; readonly out: string; readonly err: string };

/** Runs the lines in a child process, with `load` to import from `src`; resolves with its exit code and output. */
export async function runLines(lines: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ending> {
  const load = `const load = (name) => import(${JSON.stringify(`${pathToFileURL(source).href}/`)} + name);`;
  return run(['--input-type=module', '--eval', [load, ...lines].join('\n')], { env });
}

/** Runs Node with these arguments until it exits. */
export async function run(
  words: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<Ending> {
  const child = spawn(process.execPath, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    // The real Horde is never asked.
    env: { ...compiled, HORDE_ANONYMOUS: 'off', ...options.env },
  });
  const parts = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => void (parts.out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => void (parts.err += bytes.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...parts };
}
