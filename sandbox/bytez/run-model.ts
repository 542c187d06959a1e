import { z } from 'zod';
import type { Random } from '../../src/kit/backoff.ts';
import { knownParams, pipelineNames, type SandboxModel } from './model-catalog.ts';
import { type Parsed, promptOf, type RunBody } from './run-body.ts';
import { drawPicture, type PictureRequest } from '../drawing/draw-picture.ts';
import { drawVideo, type VideoRequest } from '../drawing/draw-video.ts';
import { failure, json, type HttpOutcome, type Reply } from './responses.ts';
import type { FaultEffect } from './bytez-fault.ts';
import { drawSound } from '../sound/draw-sound.ts';
import { contentTypes, type MediaStore, type MediaType } from './media-store.ts';
import { chatText, continuation, splitTokens } from './text-model.ts';

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

/** Returns the error of Python for the first unknown parameter, undefined when all are known. */
function unknownParamError(model: SandboxModel, params: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(params).find((name) => !knownParams[model.task].has(name));
  if (unknown === undefined) return undefined;
  return `${pipelineNames[model.task]} got an unexpected keyword argument '${unknown}'`;
}

/** Parses the parameters of a picture or video; without a seed each run gets a random one. */
function readMediaParams(params: Readonly<Record<string, unknown>>, random: Random): Parsed<MediaParams> {
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

/** Makes the results: PNG pictures and MP4 videos. */
export type Painter = {
  picture(request: PictureRequest): Promise<Uint8Array>;
  video(request: VideoRequest): Promise<Uint8Array>;
};

export const drawingPainter: Painter = { picture: drawPicture, video: drawVideo };

export type ModelRuntime = {
  readonly painter: Painter;
  readonly mediaStore: MediaStore;
  readonly random: Random;
  /** `http://host:port` of the media host. */
  readonly mediaRoot: () => string;
};

/** Runs the model and returns the response of a successful run, or of a run with wrong parameters. */
export async function runModel(
  model: SandboxModel,
  body: RunBody,
  effect: FaultEffect | undefined,
  runtime: ModelRuntime,
): Promise<HttpOutcome> {
  const prompt = promptOf(body);
  if (prompt === undefined || prompt.trim() === '') return failure(400, 'Expected parameter(s): text');
  const error = unknownParamError(model, body.params);
  if (error !== undefined) return failure(200, error);
  switch (model.task) {
    case 'chat':
      return textReply(chatText(prompt, body.params), body, (words) => ({
        role: 'assistant',
        content: content(words, body),
      }));
    case 'text-generation':
      return textReply(continuation(prompt, body.params), body, (words) => words);
    case 'text-to-image':
    case 'text-to-video':
      return drawResult(model, prompt, body, effect, runtime);
    case 'text-to-audio':
      return mediaReply(model, 'wav', drawSound(prompt, 5), body, effect, runtime);
    case 'text-to-speech':
      return mediaReply(model, 'wav', drawSound(prompt, Math.min(60, 1 + prompt.length / 15)), body, effect, runtime);
  }
}

/** Messages in blocks get their response in blocks. */
function content(words: string, body: RunBody): unknown {
  const inBlocks = body.messages?.some((message) => typeof message.content !== 'string') ?? false;
  return inBlocks ? [{ type: 'text', text: words }] : words;
}

function textReply(words: ReturnType<typeof chatText>, body: RunBody, output: (words: string) => unknown): Reply {
  if (!words.ok) return failure(200, words.error);
  if (!body.stream) return json({ error: null, output: output(words.value) });
  return { kind: 'reply', status: 200, headers: { 'content-type': 'text/plain' }, body: splitTokens(words.value) };
}

async function drawResult(
  model: SandboxModel,
  prompt: string,
  body: RunBody,
  effect: FaultEffect | undefined,
  runtime: ModelRuntime,
): Promise<Reply> {
  const { painter, random } = runtime;
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
  return mediaReply(model, type, bytes, body, effect, runtime);
}

/** The file itself, or where it is. */
function mediaReply(
  model: SandboxModel,
  type: MediaType,
  bytes: Uint8Array,
  body: RunBody,
  effect: FaultEffect | undefined,
  { mediaStore, mediaRoot }: ModelRuntime,
): Reply {
  if (!body.json) return { kind: 'reply', status: 200, headers: { 'content-type': contentTypes[type] }, body: bytes };
  const url = () => `${mediaRoot()}${mediaStore.put(model.modelId, type, bytes, effect)}`;
  return json({ error: null, output: outputOf(effect, url, bytes, contentTypes[type]) });
}

function outputOf(effect: FaultEffect | undefined, url: () => string, bytes: Uint8Array, contentType: string): unknown {
  if (effect?.kind === 'media-url') return effect.url;
  if (effect?.kind !== 'output-shape') return url();
  const base64 = () => Buffer.from(bytes).toString('base64');
  switch (effect.shape) {
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
