import type { BenchmarkReport, Figure, Progress } from '../figure.ts';
import { bare, bundleToday, type Contender, earlierDarkroom, floor, onRunner, queueBot, today } from './contenders.ts';
import {
  acceptance,
  cheapness,
  counts,
  slowDiskLives,
  slowTransfers,
  starts,
  memories,
  manyLives,
} from './measures.ts';

/** One number of each contender that was measured. */
export type Row = {
  readonly what: string;
  readonly unit: string;
  readonly better: Figure['better'];
  readonly values: ReadonlyMap<Contender, number>;
};

type Part = {
  readonly name: string;
  /** What the contenders are measured for. */
  readonly of: (all: readonly Contender[]) => readonly Contender[];
  readonly measure: (contenders: readonly Contender[], progress: Progress) => Promise<readonly Row[]>;
};

const all = (contenders: readonly Contender[]) => contenders.filter((one) => one !== onRunner);
const durable = (contenders: readonly Contender[]) => contenders.filter(({ isDurable }) => isDurable === true);
const builds = (contenders: readonly Contender[]) => contenders.filter(({ isDarkroom }) => isDarkroom === true);

const parts: readonly Part[] = [
  { name: 'cheapness', of: all, measure: cheapness },
  { name: 'counts', of: durable, measure: counts },
  { name: 'slow-disk', of: durable, measure: slowDiskLives },
  { name: 'acceptance', of: (contenders) => [...builds(contenders), onRunner], measure: acceptance },
  { name: 'slow-transfers', of: builds, measure: slowTransfers },
  { name: 'starts', of: all, measure: starts },
  { name: 'memories', of: all, measure: memories },
  { name: 'many-lives', of: builds, measure: manyLives },
];

/**
 * A whole life, measured: update in, status message, provider, download, edit delivered, told; beside an earlier build
 * and three rivals that do less. `LIFE_PARTS=cheapness,starts` measures only those parts.
 */
export async function life(progress: Progress): Promise<BenchmarkReport> {
  if (process.platform !== 'linux')
    return { figures: [], skipped: 'processor time is read from /proc, which is Linux' };
  // Each process that is under way listens for the end of this one.
  process.setMaxListeners(50);
  const wanted = process.env['LIFE_PARTS']?.split(',');
  bundleToday();
  const missing: string[] = [];
  const rivals: Contender[] = [];
  for (const found of [await earlierDarkroom(), await queueBot()]) {
    if ('why' in found) missing.push(found.why);
    else rivals.push(found);
  }
  for (const why of missing) progress(`left out: ${why}`);
  const contenders = [today, ...rivals, bare, onRunner, floor];
  const figures: Figure[] = [];
  for (const { name, of, measure } of parts) {
    if (wanted?.includes(name) === false) continue;
    progress(name);
    const rows = await measure(of(contenders), (line) => progress(`  ${line}`));
    figures.push(...rows.flatMap(figuresOf));
  }
  return { figures, ...(missing.length === 0 ? {} : { skipped: missing.join('; ') }) };
}

function figuresOf({ what, unit, better, values }: Row): readonly Figure[] {
  const app = values.get(today);
  if (app === undefined) return [];
  const rivals = [...values].filter(([contender]) => contender !== today);
  if (rivals.length === 0) return [{ what, unit, better, app }];
  return rivals.map(([{ name }, value]) => ({ what, unit, better, app, rival: { name, value } }));
}
