import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { jobId } from '../src/domain/ids.ts';
import type { JobKind } from '../src/domain/kinds.ts';
import type { MediaSource } from '../src/domain/media.ts';
import type { SynchronousProvider } from '../src/domain/provider.ts';
import { Secret } from '../src/kit/secret.ts';
import { createResultStore } from '../src/media/result-store.ts';
import { createBytezProvider } from '../src/providers/bytez/bytez-provider.ts';
import type { HttpClient } from '../src/providers/http/http-exchange.ts';
import { secretsFound } from '../test/support/secret-hunt.ts';
import { atMost, none, type PartOptions, type PartReport, info } from './check.ts';
import { Findings } from './findings.ts';
import { fuzzedAnswer } from './fuzzed-answer.ts';
import { FuzzedHost, type FuzzedFile, fuzzedFile } from './fuzzed-file.ts';
import { sampled } from './sampled.ts';
import { resultsDir } from './stand-ins.ts';
import { unknownDownloadShape, unknownReplyShape } from './answer-shape.ts';

export type AnswersSize = { readonly answers: number };

export const fullAnswers: AnswersSize = { answers: 20_000 };
export const shortAnswers: AnswersSize = { answers: 600 };

const prompt = 'Two zebras juggle violet umbrellas above "Quartz Lane", said the unauthorized fox';
/** This many consecutive letters and digits of the prompt are no coincidence. */
const minLeakLength = 24;
/** Hosts that an outside answer must never lead to. */
const privateOrigin = /\/\/(?:127\.|169\.254\.|\[|0x|2130706433|localhost)/i;
/** Of the thread's processor time, so that a busy machine does not count as a slow answer. */
const maxCpuMs = 2_000;

const promises = {
  threw: 'answers that made something throw',
  strange: 'answers read as nothing that Darkroom knows',
  key: 'answers whose failure contained a key',
  prompt: 'answers whose failure contained the prompt',
  privateHost: 'results fetched from an address that is not public',
} as const;

export type FuzzAnswersOptions = PartOptions & {
  /** Reads the answers in place of Darkroom's own reader. */
  readonly open?: (http: HttpClient) => SynchronousProvider;
};

const openBytez = (http: HttpClient) =>
  createBytezProvider({ baseUrl: 'https://api.example.com/models/v2', http, now: Date.now });

/** Provider answers of all kinds, and the files they lead to, through the adapter and the media room. */
export async function fuzzAnswers(
  { answers }: AnswersSize,
  { seed, progress, open = openBytez }: FuzzAnswersOptions,
): Promise<PartReport> {
  const key = `campaign-key-${seed}-0123456789abcdefABCDEF`;
  const pieces = piecesOf(prompt);
  const found = new Findings(promises, progress);
  const fuzzed = fc.record({ answer: fuzzedAnswer({ key, prompt }), file: fuzzedFile });
  const seen = { results: 0, failures: new Map<string, number>(), kept: 0, slowestMs: 0 };
  using folder = scratch();
  const lookForKey = (words: string, example: string) => {
    if (secretsFound([{ where: '', text: words }], [key]).length > 0) found.note('key', example);
  };
  const look = (words: string, example: string) => {
    lookForKey(words, example);
    const letters = lettersOf(words);
    if (pieces.some((piece) => letters.includes(piece))) found.note('prompt', `${words} <- ${example}`);
  };

  let at = 0;
  for (const { answer, file } of sampled(fuzzed, answers, seed)) {
    at += 1;
    const { kind, reply: answered } = answer;
    const example = () => `${kind} ${JSON.stringify(answered).slice(0, 400)}`;
    const provider = open({ call: async () => answered, [Symbol.asyncDispose]: async () => undefined });
    const began = process.threadCpuUsage();
    try {
      const reply = await provider.generate({ kind, model: 'a/b', prompt, inputs: [] }, new Secret(key), never);
      const strange = unknownReplyShape(reply);
      if (strange !== undefined) found.note('strange', `${strange}: ${example()}`);
      if (reply.ok && (reply.source.kind === 'url' || reply.source.kind === 'bytes')) {
        seen.results += 1;
        const { kept, asked } = await download(reply.source, kind, file, { directory: folder.path, at });
        const alsoStrange = unknownDownloadShape(kept, kind);
        if (alsoStrange !== undefined) found.note('strange', `${alsoStrange}: ${JSON.stringify(kept)}`);
        if (asked.some((origin) => privateOrigin.test(origin))) found.note('privateHost', asked.join(' '));
        if (kept.ok) seen.kept += 1;
        else look(kept.failure.detail, example());
      } else if (!reply.ok) {
        const { reason, detail } = reply.failure;
        seen.failures.set(reason, (seen.failures.get(reason) ?? 0) + 1);
        look(detail, example());
      }
      const probed = await provider.probe(new Secret(key), never);
      if (!probed.ok) {
        const strangeProbe = unknownReplyShape(probed);
        if (strangeProbe !== undefined) found.note('strange', `${strangeProbe}: ${example()}`);
        // Its request carried no prompt.
        lookForKey(probed.failure.detail, example());
      }
    } catch (error) {
      found.note('threw', `${String(error)} <- ${example()}`);
    }
    const { user, system } = process.threadCpuUsage(began);
    seen.slowestMs = Math.max(seen.slowestMs, (user + system) / 1_000);
    if (at % 5_000 === 0) progress(`${at} of ${answers} answers`);
  }
  return {
    checks: [
      info('answers', at),
      info('of them results, and kept', `${seen.results}, ${seen.kept}`),
      info('reasons of failures', seen.failures.size),
      ...found.checks(),
      none('files left that were not kept', readdirSync(folder.path).filter((name) => !name.startsWith('job-')).length),
      none('names that every object has now', Reflect.get({}, 'admin') === undefined ? 0 : 1),
      atMost('slowest answer, time of the processor', seen.slowestMs, maxCpuMs, ' ms'),
    ],
  };
}

const never = new AbortController().signal;

/** Downloads the result of an answer. */
async function download(
  source: MediaSource,
  kind: JobKind,
  file: FuzzedFile,
  { directory, at }: { readonly directory: string; readonly at: number },
) {
  const agent = new FuzzedHost(file);
  await using resultStore = createResultStore({ directory, allowPrivateHosts: [], agent });
  // Few names are reused, as the disk is not tested here.
  const kept = await resultStore.download(source, kind, jobId(`tg-${at % 50}`), never);
  return { kept, asked: agent.asked };
}

function piecesOf(words: string): readonly string[] {
  const letters = lettersOf(words);
  return Array.from({ length: letters.length - minLeakLength + 1 }, (_, at) => letters.slice(at, at + minLeakLength));
}

function lettersOf(words: string): string {
  return words.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

function scratch(): Disposable & { readonly path: string } {
  mkdirSync(resultsDir, { recursive: true });
  const path = mkdtempSync(join(resultsDir, 'answers-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
