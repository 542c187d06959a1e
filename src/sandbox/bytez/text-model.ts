import { z } from 'zod';
import type { Parsed } from './run-body.ts';

const paramsSchema = z.looseObject({ max_new_tokens: z.int().min(1).optional() });

/** What a chat model says; the same words, the same answer. */
export function chatText(prompt: string, params: Readonly<Record<string, unknown>>): Parsed<string> {
  return cutToMaxTokens(
    `You asked: ${prompt.trim()} Here is a short answer from the sandbox: picture the scene, choose the light, and write it down in one sentence.`,
    params,
  );
}

/** How a text model goes on; the prompt stands in front, as gpt2 gives it back. */
export function continuation(prompt: string, params: Readonly<Record<string, unknown>>): Parsed<string> {
  const more = cutToMaxTokens(
    'and the light in the darkroom slowly turned to red, while the paper in the tray began to show the first grey shapes.',
    params,
  );
  return more.ok ? { ok: true, value: `${prompt} ${more.value}` } : more;
}

/** The text in the pieces in which a model would stream it. */
export function splitTokens(text: string): readonly string[] {
  return text.match(/\S+\s*|\s+/gu) ?? [];
}

function cutToMaxTokens(text: string, params: Readonly<Record<string, unknown>>): Parsed<string> {
  const parsed = paramsSchema.safeParse(params);
  if (!parsed.success) return { ok: false, error: '`max_new_tokens` must be a positive integer' };
  return { ok: true, value: splitTokens(text).slice(0, parsed.data.max_new_tokens).join('').trim() };
}
