import { z } from 'zod';
import type { Random } from '../../kit/random.ts';
import { knownParams, pipelineNames } from './model-shelf.ts';
import type { SandboxModel } from './model-shelf.ts';
import type { Parsed } from './run-body.ts';

const side = z.int().min(64).max(2048);

const paramsSchema = z.looseObject({
  width: side.optional(),
  height: side.optional(),
  seed: z.int().min(0).optional(),
  num_frames: z.int().min(1).max(240).optional(),
  fps: z.int().min(1).max(60).optional(),
});

export type MediaParams = {
  readonly seed: number;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly fps: number | undefined;
  readonly frames: number | undefined;
};

/** The sentence of Python's keyword error when a name is not known, as the pipeline would fail. */
export function unknownParam(model: SandboxModel, params: Readonly<Record<string, unknown>>): string | undefined {
  const stranger = Object.keys(params).find((name) => !knownParams[model.task].has(name));
  if (stranger === undefined) return undefined;
  return `${pipelineNames[model.task]} got an unexpected keyword argument '${stranger}'`;
}

/** Reads the params of a picture or video; without a seed each run draws another one. */
export function readMediaParams(params: Readonly<Record<string, unknown>>, random: Random): Parsed<MediaParams> {
  const parsed = paramsSchema.safeParse(params);
  if (!parsed.success) return { ok: false, error: z.prettifyError(parsed.error) };
  const { width, height, seed, num_frames: frames, fps } = parsed.data;
  if ((width ?? 0) % 8 !== 0 || (height ?? 0) % 8 !== 0) {
    return {
      ok: false,
      error: `\`height\` and \`width\` have to be divisible by 8 but are ${height ?? 512} and ${width ?? 512}.`,
    };
  }
  return { ok: true, value: { seed: seed ?? Math.floor(random() * 2 ** 31), width, height, fps, frames } };
}
