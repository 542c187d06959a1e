import { z } from 'zod';
import type { Parsed } from './run-body.ts';

const paramsSchema = z.looseObject({ max_new_tokens: z.int().min(1).optional() });

/** Returns the response of a chat model; the same prompt gives the same text. */
export function chatText(prompt: string, params: Readonly<Record<string, unknown>>): Parsed<string> {
  return cutToMaxTokens(
    `You asked: ${prompt.trim()} Here is a short answer from the sandbox: picture the scene, choose the light, and write it down in one sentence.`,
    params,
  );
}

/** Returns the continuation of a text model, with the prompt in front as gpt2 returns it. */
export function continuation(prompt: string, params: Readonly<Record<string, unknown>>): Parsed<string> {
  const more = cutToMaxTokens(
    'and the light in the darkroom slowly turned to red, while the paper in the tray began to show the first grey shapes.',
    params,
  );
  return more.ok ? { ok: true, value: `${prompt} ${more.value}` } : more;
}

/** Splits the text as a model would stream it. */
export function splitTokens(text: string): readonly string[] {
  return text.match(/\S+\s*|\s+/gu) ?? [];
}

function cutToMaxTokens(text: string, params: Readonly<Record<string, unknown>>): Parsed<string> {
  const parsed = paramsSchema.safeParse(params);
  if (!parsed.success) return { ok: false, error: '`max_new_tokens` must be a positive integer' };
  return { ok: true, value: splitTokens(text).slice(0, parsed.data.max_new_tokens).join('').trim() };
}
