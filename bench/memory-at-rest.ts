import { setTimeout as rest } from 'node:timers/promises';
import type { BenchmarkReport, Progress } from './figure.ts';
import { type Memory, loadMemory, probed } from './memory-probe.ts';
import { startNode } from './node-process.ts';
import { scratch } from './scratch.ts';
import { openBareBot, openApp } from './measured-bot.ts';

const restMs = 8_000;
const firstStartMs = 3_000;

/**
 * Resident memory of a whole process that has nothing to do, the stand-ins being outside of it. The app is started for
 * the second time: the first start leaves behind what Node makes of the source.
 */
export async function memoryAtRest(progress: Progress): Promise<BenchmarkReport> {
  using folder = scratch();
  progress('the first start of the app');
  await startOnce();
  await using app = await openApp(probed);
  await using bare = await openBareBot(probed);
  await using empty = startNode({ args: [...probed, '-e', 'setInterval(() => {}, 1e9)'], cwd: folder.dir });
  progress(`three processes rest for ${restMs / 1_000} s`);
  await Promise.race([rest(restMs), app.process.died, bare.process.died, empty.died]);
  const ours = await loadMemory(app.process);
  const rivals = [
    { name: 'bare grammY bot', memory: await loadMemory(bare.process) },
    { name: 'empty node process', memory: await loadMemory(empty) },
  ];
  const figuresOf = (what: string, held: (memory: Memory) => number) =>
    rivals.map(({ name, memory }) => ({
      what,
      unit: 'MB',
      better: 'lower' as const,
      app: held(ours),
      rival: { name, value: held(memory) },
    }));
  return {
    figures: [
      ...figuresOf('memory at rest', ({ atRestMb }) => atRestMb),
      ...figuresOf('memory at rest, garbage collected', ({ afterGcMb }) => afterGcMb),
    ],
  };
}

async function startOnce(): Promise<void> {
  await using app = await openApp(probed);
  await Promise.race([rest(firstStartMs), app.process.died]);
}
