import { z } from 'zod';
import type { Random } from '../../kit/random.ts';
import { knownParams, pipelineNames, type SandboxModel } from './model-catalog.ts';
import { type Parsed, promptOf, type RunBody } from './run-body.ts';
import { drawPicture, type PictureRequest } from '../drawing/draw-picture.ts';
import { drawVideo, type VideoRequest } from '../drawing/draw-video.ts';
import { failure, json, type Answer, type Reply } from './responses.ts';
import type { FaultDeed } from './bytez-fault.ts';
import { contentTypes, type MediaShelf, type MediaType } from './media-store.ts';
import { chatWords, continuation, inPieces } from './text-model.ts';

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

/** What makes the results: PNG pictures and MP4 videos. */
export type Painter = {
  picture(request: PictureRequest): Promise<Uint8Array>;
  video(request: VideoRequest): Promise<Uint8Array>;
};

export const drawingPainter: Painter = { picture: drawPicture, video: drawVideo };

export type Workshop = {
  readonly painter: Painter;
  readonly shelf: MediaShelf;
  readonly random: Random;
  /** `http://host:port` of the media host. */
  readonly mediaRoot: () => string;
};

/** Does what the run asks for, and answers as a run that nothing befell. */
export async function work(
  model: SandboxModel,
  body: RunBody,
  deed: FaultDeed | undefined,
  workshop: Workshop,
): Promise<Answer> {
  const prompt = promptOf(body);
  if (prompt === undefined || prompt.trim() === '') return failure(400, 'Expected parameter(s): text');
  const stumble = unknownParam(model, body.params);
  if (stumble !== undefined) return failure(200, stumble);
  switch (model.task) {
    case 'chat':
      return say(chatWords(prompt, body.params), body, (words) => ({
        role: 'assistant',
        content: content(words, body),
      }));
    case 'text-generation':
      return say(continuation(prompt, body.params), body, (words) => words);
    case 'text-to-image':
    case 'text-to-video':
      return paint(model, prompt, body, deed, workshop);
  }
}

/** Messages that came in blocks are answered in blocks. */
function content(words: string, body: RunBody): unknown {
  const inBlocks = body.messages?.some((message) => typeof message.content !== 'string') ?? false;
  return inBlocks ? [{ type: 'text', text: words }] : words;
}

function say(words: ReturnType<typeof chatWords>, body: RunBody, output: (words: string) => unknown): Reply {
  if (!words.ok) return failure(200, words.error);
  if (!body.stream) return json({ error: null, output: output(words.value) });
  return { kind: 'reply', status: 200, headers: { 'content-type': 'text/plain' }, body: inPieces(words.value) };
}

async function paint(
  model: SandboxModel,
  prompt: string,
  body: RunBody,
  deed: FaultDeed | undefined,
  { painter, shelf, random, mediaRoot }: Workshop,
): Promise<Reply> {
  const params = readMediaParams(body.params, random);
  if (!params.ok) return failure(200, params.error);
  const { seed, width, height, frames, fps = model.fps ?? 8 } = params.value;
  const isVideo = model.task === 'text-to-video';
  const type: MediaType = isVideo ? 'mp4' : 'png';
  const bytes = isVideo
    ? await painter.video({
        prompt,
        seed,
        width,
        height,
        fps,
        seconds: frames === undefined ? undefined : frames / fps,
      })
    : await painter.picture({ prompt, seed, width, height });
  if (!body.json) return { kind: 'reply', status: 200, headers: { 'content-type': contentTypes[type] }, body: bytes };
  const url = () => `${mediaRoot()}${shelf.put(model.modelId, type, bytes, deed)}`;
  return json({ error: null, output: outputOf(deed, url, bytes, contentTypes[type]) });
}

function outputOf(deed: FaultDeed | undefined, url: () => string, bytes: Uint8Array, contentType: string): unknown {
  if (deed?.kind === 'media-url') return deed.url;
  if (deed?.kind !== 'output-shape') return url();
  const base64 = () => Buffer.from(bytes).toString('base64');
  switch (deed.shape) {
    case 'array':
      return [url()];
    case 'object':
      return { url: url() };
    case 'data-url':
      return `data:${contentType};base64,${base64()}`;
    case 'base64':
      return base64();
  }
}
