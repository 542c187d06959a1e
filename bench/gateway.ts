import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { addedLatency } from './added-latency.ts';
import type { BenchmarkReport, Figure, Progress } from './figure.ts';
import { type NodeProcess, startNode } from './node-process.ts';
import { benchSecrets } from './open-bench-core.ts';
import { limits } from './peers/limits.ts';
import { portkeyConfig, portkeyHeaders, portkeyName, startPortkey } from './peers/portkey.ts';
import { median } from './quantile.ts';
import { scratch } from './scratch.ts';

const turns = 400;
const rounds = 5;
const callsARound = 2_000;
const atOnce = 32;
const token = 'dk_a-token-of-the-benchmark-0123456789abcdef';

const answer = z.object({ url: z.string() });

/** A way to the same upstream server. */
type Way = {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The process between caller and upstream; undefined where there is none. */
  readonly between?: NodeProcess;
};

/**
 * The gateway beside bare undici and, where npm can install it, the peer gateway: what each adds to a call and to the first
 * byte of a stream, turn by turn, and how many calls a second one core of its process carries.
 */
export async function gateway(progress: Progress): Promise<BenchmarkReport> {
  using folder = scratch();
  await using opening = new AsyncDisposableStack();
  const start = (program: string, ...args: readonly string[]) =>
    opening.use(startNode({ args: [join(import.meta.dirname, 'processes', program), ...args], cwd: folder.dir }));
  const upstream = answer.parse(await start('chat-server.ts').ask('url')).url;
  mkdirSync(join(folder.dir, 'data'));
  const hash = createHash('sha256').update(token).digest('hex');
  writeFileSync(join(folder.dir, 'clients.json'), JSON.stringify({ clients: [{ name: 'bench', token_sha256: hash }] }));
  const keys = benchSecrets(10);
  const own = start('gateway.ts', upstream, folder.dir, keys.join(','));
  const { url } = answer.parse(await own.ask('url'));
  const json = { 'content-type': 'application/json' };
  const bare: Way = { name: 'bare', url: upstream, headers: { ...json, authorization: `Bearer ${keys[0] ?? ''}` } };
  const darkroom: Way = { name: 'gateway', url, headers: { ...json, authorization: `Bearer ${token}` }, between: own };
  const started = await startPortkey();
  if ('why' in started) progress(`without the peer: ${started.why}`);
  const peer: Way | undefined =
    'why' in started
      ? undefined
      : {
          name: portkeyName,
          url: opening.use(started).url,
          headers: portkeyHeaders(portkeyConfig('loadbalance + retry', keys, limits.callMs), `${upstream}/v1`),
          between: started.process,
        };
  const agent = new Agent();
  opening.defer(() => agent.close());
  const ways = [bare, darkroom, ...(peer === undefined ? [] : [peer])];

  progress('one call at a time');
  const calls = await addedLatency(
    ways.map((way) => ({ name: way.name, call: () => ask(way, false, agent) })),
    turns,
  );
  // The peer answers streams of this upstream with HTTP 500, so those are measured beside bare undici alone.
  progress('one stream at a time, until its first byte');
  const streams = await addedLatency(
    [bare, darkroom].map((way) => ({ name: way.name, call: () => ask(way, true, agent) })),
    turns,
  );
  progress(`${atOnce} calls at once`);
  const rates = await perCore(ways, agent);

  const beside = (values: readonly number[]) => {
    const value = values[2];
    return value === undefined ? {} : { rival: { name: portkeyName, value } };
  };
  const added = calls.map(({ addedP50Us }) => addedP50Us);
  const firstBytes = streams.map(({ addedP50Us }) => addedP50Us);
  const figures: readonly Figure[] = [
    { what: 'added to a call, p50', unit: 'µs', better: 'lower', app: added[1] ?? 0, ...beside(added) },
    { what: 'calls a second and core', unit: '/s', better: 'higher', app: rates[1] ?? 0, ...beside(rates) },
    {
      what: 'added to the first byte of a stream, p50',
      unit: 'µs',
      better: 'lower',
      app: firstBytes[1] ?? 0,
      rival: { name: 'the goal', value: 1_000 },
    },
  ];
  return { figures };
}

const messages = [{ role: 'user', content: 'Say a few words.' }];
const whole = JSON.stringify({ model: 'bench-model', messages });
const streamed = JSON.stringify({ model: 'bench-model', messages, stream: true });

/** One call; of a stream it is timed until the first byte of the body, and the rest is read after that. */
async function ask({ url, headers, name }: Way, isStream: boolean, agent: Agent): Promise<void> {
  const response = await request(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: isStream ? streamed : whole,
    dispatcher: agent,
  });
  if (response.statusCode !== 200) throw new Error(`Cannot measure: ${name} answered HTTP ${response.statusCode}`);
  if (!isStream) {
    const { choices } = (await response.body.json()) as { readonly choices?: readonly unknown[] };
    if (choices?.length !== 1) throw new Error(`Cannot measure: ${name} answered without a choice`);
    return;
  }
  const reader = response.body[Symbol.asyncIterator]();
  await reader.next();
  void (async () => {
    while ((await reader.next()).done !== true);
  })();
}

/** Calls that one core of the process between carries in a second, by the processor time that they took. */
async function perCore(ways: readonly Way[], agent: Agent): Promise<readonly number[]> {
  const rates = ways.map(() => [] as number[]);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      if (way.between === undefined) continue;
      const beforeS = processorSeconds(way.between.pid);
      let left = callsARound;
      const work = async () => {
        while (left-- > 0) await ask(way, false, agent);
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      // The first round warms up.
      if (round > 0) rates[index]?.push(callsARound / (processorSeconds(way.between.pid) - beforeS));
    }
  }
  return rates.map((all) => (all.length === 0 ? 0 : median(all)));
}

const ticksASecond = 100;

/** The processor time of a process and its threads, as Linux counts it. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / ticksASecond;
}
