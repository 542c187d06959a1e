import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';

const ticksPerSecond = 100;
const attachMs = 1_000;

/** Processor milliseconds that the processes have used so far, all their threads together. Linux only. */
export function processorMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
  }, 0);
}

/** The same of a process and all that it has started, those that have ended included. */
export function treeProcessorMs(pid: number): number {
  const all = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : []));
  const own = all.filter((one) => one.pid === pid || one.parent === pid);
  // What has ended is in the sum of its parent.
  return own.reduce((sum, one) => sum + one.ownMs + (one.pid === pid ? one.endedMs : 0), 0);
}

function statOf(pid: number) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ms = (from: number) => ((Number(fields[from]) + Number(fields[from + 1])) * 1_000) / ticksPerSecond;
    return { pid, parent: Number(fields[1]), ownMs: ms(11), endedMs: ms(13) };
  } catch {
    // It has just ended.
    return undefined;
  }
}

/** Resident megabytes (10^6 bytes) now, and the most there ever were. */
export function residentMb(pids: readonly number[]): { readonly now: number; readonly peak: number } {
  const read = (name: string) =>
    pids.reduce((sum, pid) => {
      const line = new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
      return sum + (Number(line?.[1] ?? 0) * 1_024) / 1_000_000;
    }, 0);
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

/** Whether a program can be run here. */
function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Counts the system calls of all threads of the processes while the work runs; undefined where there is no strace. */
export async function systemCalls(
  pids: readonly number[],
  dir: string,
  work: () => Promise<unknown>,
): Promise<number | undefined> {
  if (!has('strace')) return undefined;
  const file = join(dir, 'calls.txt');
  const args = ['-c', '-f', '-U', 'calls,name', '-o', file, ...pids.flatMap((pid) => ['-p', String(pid)])];
  const tracer = spawn('strace', args, { stdio: 'ignore' });
  const ended = once(tracer, 'exit');
  await rest(attachMs);
  await work();
  tracer.kill('SIGINT');
  await ended;
  const total = /(\d+)\s+total/.exec(readFileSync(file, 'utf8'))?.[1];
  return total === undefined ? undefined : Number(total);
}

const slowSource = (ms: number) => `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static void wait_more(void) { struct timespec t = {0, ${ms}000000L}; nanosleep(&t, 0); }
int fsync(int fd) { wait_more(); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { wait_more(); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
`;

/** The environment in which every fsync takes so many milliseconds more; undefined where there is no compiler. */
export function slowDisk(dir: string, ms: number): Readonly<Record<string, string>> | undefined {
  if (!has('gcc')) return undefined;
  const [source, library] = [join(dir, 'slow-disk.c'), join(dir, 'slow-disk.so')];
  writeFileSync(source, slowSource(ms));
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'], { stdio: 'pipe' });
  return { LD_PRELOAD: library };
}
