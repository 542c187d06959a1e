import { join } from 'node:path';
import { adapterCost } from './adapter-overhead.ts';
import { addedLatency } from './added-latency.ts';
import { openCallPaths } from './call-paths.ts';
import { callsPerSecond } from './calls-per-second.ts';
import { decisionTimeUs } from './decision-time.ts';
import { openDurableRow } from './durable-row.ts';
import type { BenchmarkReport, Figure, Progress } from './figure.ts';
import { startLoopbackServer } from './loopback-server.ts';
import { peerOverhead } from './peers/peer-overhead.ts';
import { scratch } from './scratch.ts';
import { memoryWithKeys } from './thousand-keys.ts';

const keys = 10;
const manyKeys = 1_000;
const atOnce = 50;
const deadlineMs = 90_000;
const peerTurns = 500;
/** Each waits for the disk. */
const journaledTurns = 100;

/**
 * What Darkroom adds to a call: `undici.request` as it is against the same request over its own HTTP client and behind
 * the attempt loop, turn by turn in this process, the server in another one. Log and the memory of keys are on. Where the
 * goal is judged those two take turns alone: a third way that shares the code of one of them would keep it warm for that
 * one, and the timers that deadlines leave behind would burden all. To write
 * each call down before it is made is a promise of its own that waits for the disk: it is measured apart, beside a bare
 * durable row. Where the goal is a number it stands as the rival.
 */
export async function overhead(progress: Progress): Promise<BenchmarkReport> {
  using folder = scratch();
  await using server = await startLoopbackServer(folder.dir);
  await using stage = await openCallPaths({ dir: folder.dir, url: server.url, keys, seatsPerKey: 8, atOnce });

  progress('one call at a time');
  const bareWay = { name: 'bare', call: () => stage.bare() };
  const pooledWay = { name: 'pooled', call: () => stage.pooled() };
  const [, pooled] = await addedLatency([bareWay, pooledWay]);

  progress('one call at a time, beside what a call is made of');
  const [, deadlined, client, pooledBeside] = await addedLatency(
    [
      bareWay,
      { name: 'bare with a deadline', call: () => stage.bare(AbortSignal.timeout(deadlineMs)) },
      { name: "Darkroom's HTTP client", call: () => stage.client() },
      pooledWay,
    ],
    peerTurns,
  );
  if (!pooled || !deadlined || !client || !pooledBeside) throw new Error('Cannot measure what a call costs');

  progress('one call at a time, written down before it is made');
  using row = openDurableRow(join(folder.dir, 'plain.db'));
  const [, afterRow, journaled] = await addedLatency(
    [
      bareWay,
      {
        name: 'bare after a durable row',
        call: async () => {
          row.write();
          await stage.bare();
        },
      },
      { name: 'journaled', call: () => stage.journaled() },
    ],
    journaledTurns,
  );
  if (afterRow === undefined || journaled === undefined) throw new Error('Cannot measure what a note costs');

  progress('one call at a time, beside the peer gateway');
  const peerFigures = await peerOverhead(stage, server.url, progress);

  progress(`${atOnce} calls at once`);
  const [bareRate, pooledRate, notedRate, dryRate] = await callsPerSecond(
    [() => stage.bare(), () => stage.pooled(), () => stage.journaled(), () => stage.dry()],
    atOnce,
  );
  if (!bareRate || !pooledRate || !notedRate || !dryRate) throw new Error('Cannot measure how many calls go through');

  progress('a picture of 1 MB through an adapter');
  const adapter = await adapterCost(folder.dir, server.url);

  progress(`decisions among ${keys} and ${manyKeys} keys`);
  const decisionUs = await decisionTimeUs(keys);
  const manyDecisionUs = await decisionTimeUs(manyKeys);

  progress(`memory with ${manyKeys} keys`);
  // The first of the two fills the compile cache where it is empty.
  const fewKeysMemory = await memoryWithKeys(keys, server.url);
  const memory = await memoryWithKeys(manyKeys, server.url);

  const bare = 'bare undici.request';
  return {
    figures: [
      lower('added to a call, p50', 'µs', pooled.addedP50Us, { name: 'the goal', value: 10 }),
      lower('added to a call, p99', 'µs', pooled.addedP99Us, { name: 'the goal', value: 150 }),
      lower('added to a call, p50', 'µs', pooledBeside.addedP50Us, {
        name: 'what a deadline alone adds',
        value: deadlined.addedP50Us,
      }),
      lower('a call, p50', 'µs', pooled.p50Us, { name: bare, value: pooled.p50Us - pooled.addedP50Us }),
      lower('a call, p50', 'µs', pooledBeside.p50Us, { name: "Darkroom's HTTP client alone", value: client.p50Us }),
      lower('added to a call that is written down durably first, p50', 'µs', journaled.addedP50Us, {
        name: 'a bare durable row',
        value: afterRow.addedP50Us,
      }),
      ...peerFigures,
      lower(`a decision among ${keys} keys`, 'µs', decisionUs, { name: 'the goal', value: 3 }),
      lower(`a decision among ${manyKeys} keys`, 'µs', manyDecisionUs, { name: 'the goal', value: 5 }),
      higher('pooled calls, one thread', 'a second', pooledRate.perSecond, { name: 'the goal', value: 6_000 }),
      higher('pooled calls, one thread', 'a second', pooledRate.perSecond, { name: bare, value: bareRate.perSecond }),
      higher('pooled calls written down first, one thread', 'a second', notedRate.perSecond, {
        name: bare,
        value: bareRate.perSecond,
      }),
      lower('processor time of Darkroom alone, calls left out', 'µs', dryRate.processorUsACall, {
        name: bare,
        value: bareRate.processorUsACall,
      }),
      lower('processor time a call', 'µs', pooledRate.processorUsACall, {
        name: bare,
        value: bareRate.processorUsACall,
      }),
      lower('processor time of a picture of 1 MB through the adapter', 'µs', adapter.adapterUs, {
        name: `${bare}, decoded and written by hand`,
        value: adapter.bareUs,
      }),
      lower('the same, as a multiple in each round', '×', adapter.ratio, { name: 'the goal', value: 1.15 }),
      lower(`memory with ${manyKeys} keys, at rest`, 'MB', memory.atRestMb, { name: 'the goal', value: 120 }),
      lower(`memory with ${manyKeys} keys, right after their calls`, 'MB', memory.afterWorkMb, {
        name: 'the same at rest',
        value: memory.atRestMb,
      }),
      lower(`heap with ${manyKeys} keys`, 'MB', memory.heapMb, {
        name: `the same with ${keys} keys`,
        value: fewKeysMemory.heapMb,
      }),
    ],
  };
}

type Rival = NonNullable<Figure['rival']>;

function lower(what: string, unit: string, app: number, rival: Rival): Figure {
  return { what, unit, better: 'lower', app, rival };
}

function higher(what: string, unit: string, app: number, rival: Rival): Figure {
  return { what, unit, better: 'higher', app, rival };
}
