import { z } from 'zod';
import { failureCodes } from '../../../domain/failure.ts';
import { aspects, type GenerationOptions, type Outcome, type ResultPayload } from '../../../domain/job.ts';
import { mediaKinds, styleNames } from '../../../domain/kinds.ts';

const mediaFile = z.object({
  path: z.string(),
  kind: z.enum(mediaKinds),
  mime: z.string(),
  bytes: z.number(),
  width: z.number().exactOptional(),
  height: z.number().exactOptional(),
  durationMs: z.number().exactOptional(),
  title: z.string().exactOptional(),
  performer: z.string().exactOptional(),
});

export const payload: z.ZodType<ResultPayload> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), file: mediaFile }),
  z.object({ kind: z.literal('files'), files: z.tuple([mediaFile, mediaFile], mediaFile) }),
  z.object({ kind: z.literal('text'), text: z.string(), isCut: z.literal(true).exactOptional() }),
]);

/** Earlier versions stored one file next to the model. */
const result = z.union([
  z.object({ kind: z.literal('result'), payload, model: z.string() }),
  z
    .object({ kind: z.literal('result'), file: mediaFile, model: z.string() })
    .transform(({ kind, file, model }) => ({ kind, payload: { kind: 'file' as const, file }, model })),
]);

export const outcome: z.ZodType<Outcome> = z.union([
  result,
  z.object({
    kind: z.literal('failed'),
    code: z.enum(failureCodes).exclude(['cancelled']),
    againAtMs: z.number().exactOptional(),
  }),
  z.object({ kind: z.literal('cancelled') }),
]);

export const options: z.ZodType<GenerationOptions> = z.object({
  model: z.string().exactOptional(),
  preferred: z.string().exactOptional(),
  aspect: z.enum(aspects).exactOptional(),
  seed: z.number().exactOptional(),
  chosenSeed: z.number().exactOptional(),
  negative: z.string().exactOptional(),
  title: z.string().exactOptional(),
  style: z.string().exactOptional(),
  preset: z.enum(styleNames).exactOptional(),
  instrumental: z.literal(true).exactOptional(),
  spoiler: z.literal(true).exactOptional(),
  fromPicture: z.literal(true).exactOptional(),
  enlarge: z.literal(true).exactOptional(),
});
