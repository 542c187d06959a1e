import { z } from 'zod';
import { jobKinds } from '../domain/kinds.ts';
import { type Candidate, candidateName } from '../domain/job.ts';
import { type ModelFacts, songOptions } from '../domain/provider.ts';
import { type ModelRow, modelTraits, providerDefinitions } from '../providers/registry.ts';
import { candidateOf } from './provider-settings.ts';
import { type TableRows, rowMistakes, readTable } from './table-file.ts';

const units = ['call', 'image', 'second', 'million-input-tokens', 'million-output-tokens'] as const;
const options = ['aspect', 'seed', 'no', ...songOptions, 'picture', 'enlarge'] as const;

const size = z
  .string()
  .regex(/^[1-9]\d{1,4}x[1-9]\d{1,4}$/, 'must be width and height in pixels, for example 1024x1024');
const day = z
  .string()
  .refine((text) => isDay(text), 'must be a day as year, month and day, for example 2026-12-01, in quotation marks');
const userId = z.number().int().positive();

const rowSchema = z.strictObject({
  provider: z.string('must be the name of a provider, for example openai'),
  model: z.string('must be the id of a model, in quotation marks'),
  kind: z.enum(jobKinds).optional(),
  label: z.string().min(1).max(64).optional(),
  options: z.array(z.enum(options)).optional(),
  size: size.optional(),
  size_step: z.number().int().min(1).max(1024).optional(),
  context_tokens: z.number().int().min(100).optional(),
  price: z.number().min(0).max(10_000).optional(),
  per: z.enum(units).optional(),
  usual_time_s: z.number().positive().max(86_400).optional(),
  who: z.union([z.enum(['everyone', 'premium']), z.array(userId)]).optional(),
  replaced_by: z.string().optional(),
  ends_on: day.optional(),
});

type Row = z.output<typeof rowSchema>;

/**
 * Parses the models table (MODELS_FILE): a list of rows in YAML or JSON, or such a list under `models`. Every mistake names
 * its row, counted from 1, and its model; with one of them no row counts.
 */
export function parseModelsFile(text: string, definitions = providerDefinitions): TableRows<ModelRow> {
  const readCandidate = candidateOf(definitions);
  const table = readTable(text, 'models');
  if (!table.ok) return table;
  const rows: ModelRow[] = [];
  const mistakes: string[] = [];
  const seen = new Set<string>();
  for (const [index, written] of table.rows.entries()) {
    const parsed = rowSchema.safeParse(written);
    const where = `row ${index + 1}${nameOf(written)}`;
    if (!parsed.success) {
      mistakes.push(...rowMistakes(where, parsed.error));
      continue;
    }
    const read = toRow(parsed.data, readCandidate);
    const name = `${parsed.data.provider}:${parsed.data.model}`;
    if (seen.has(name)) read.mistakes.push('describes the same model as a row before it');
    seen.add(name);
    mistakes.push(...read.mistakes.map((mistake) => `${where} ${mistake}`));
    if (read.row !== undefined) rows.push(read.row);
  }
  return mistakes.length === 0 ? { ok: true, rows } : { ok: false, mistakes };
}

function toRow(row: Row, readCandidate: ReadCandidate): { row?: ModelRow; mistakes: string[] } {
  const mistakes: string[] = [];
  const candidate = readCandidate(`${row.provider}:${row.model}`);
  if (!candidate.ok) return { mistakes: [...candidate.mistakes] };
  const replacedBy =
    row.replaced_by === undefined ? undefined : replacement(row.replaced_by, candidate.value, readCandidate);
  if (replacedBy?.ok === false) mistakes.push(...replacedBy.mistakes.map((mistake) => `replaced_by ${mistake}`));
  if ((row.price === undefined) !== (row.per === undefined)) {
    mistakes.push(`needs price and per together; per is one of ${units.join(', ')}`);
  }
  const builtIn = modelTraits(candidate.value);
  if (row.options?.includes('aspect') === true && row.size === undefined && builtIn.size === undefined) {
    mistakes.push('follows aspect, so it needs its own size, for example 1024x1024');
  }
  const { size_step: step = builtIn.size?.step ?? 8 } = row;
  const facts: Partial<ModelFacts> = {
    ...optionsOf(row, step, builtIn),
    ...(row.label === undefined ? {} : { label: row.label }),
    ...(row.context_tokens === undefined ? {} : { contextTokens: row.context_tokens }),
    ...(row.price === undefined || row.per === undefined ? {} : { price: { usd: row.price, per: row.per } }),
    ...(row.usual_time_s === undefined ? {} : { usualMs: Math.round(row.usual_time_s * 1000) }),
    ...(row.who === undefined ? {} : { audience: typeof row.who === 'string' ? row.who : new Set(row.who) }),
    ...(replacedBy?.ok === true ? { replacedBy: replacedBy.value } : {}),
    ...(row.ends_on === undefined ? {} : { endsOn: row.ends_on }),
  };
  return { row: { ...candidate.value, ...(row.kind === undefined ? {} : { kind: row.kind }), facts }, mistakes };
}

/** The options of a row; without `options` those of the provider's definition stay. */
function optionsOf({ options: named, size: own }: Row, step: number, builtIn: ModelFacts): Partial<ModelFacts> {
  const [width = 0, height = 0] = (own ?? '').split('x').map(Number);
  const sized = own === undefined ? builtIn.size : { width, height, step };
  if (named === undefined) return own === undefined || sized === undefined ? {} : { size: sized };
  const song = songOptions.filter((option) => named.includes(option));
  return {
    seed: named.includes('seed'),
    negative: named.includes('no'),
    // An explicit undefined takes away what the definition says.
    ...({
      size: named.includes('aspect') ? sized : undefined,
      startsFromPicture: named.includes('picture') || undefined,
      enlarges: named.includes('enlarge') || undefined,
    } as Partial<ModelFacts>),
    ...(song.length === 0 ? {} : { song }),
  };
}

type ReadCandidate = ReturnType<typeof candidateOf>;

/** `provider:model`, or a model of the same provider. */
function replacement(
  text: string,
  { provider, model }: Candidate,
  readCandidate: ReadCandidate,
): ReturnType<ReadCandidate> {
  const whole = readCandidate(text);
  const found = whole.ok ? whole : readCandidate(`${provider}:${text}`);
  if (found.ok && candidateName(found.value) === `${provider}:${model}`) {
    return { ok: false, mistakes: ['names the model itself'] };
  }
  return found;
}

function nameOf(written: unknown): string {
  if (typeof written !== 'object' || written === null) return '';
  const { provider, model } = written as { readonly provider?: unknown; readonly model?: unknown };
  return typeof provider === 'string' && typeof model === 'string' ? ` (${provider}:${model})` : '';
}

function isDay(text: string): boolean {
  const atMs = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(text);
}
