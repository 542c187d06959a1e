import type { ImageSize } from '../../domain/provider.ts';
import type { SizeForm } from '../picture-size.ts';
import { type Dialect, isModelList, type PictureFamily } from './dialect.ts';
import { openaiFailures } from './failure-table.ts';

const square: ImageSize = { width: 1_024, height: 1_024 };
const anySize: SizeForm = {
  as: 'size',
  rule: { kind: 'free', step: 16, maxPixels: 3_840 * 2_160, maxRatio: 3 },
};

function oneOf(...others: readonly ImageSize[]): SizeForm {
  return { as: 'size', rule: { kind: 'one-of', sizes: [square, ...others] } };
}

/** GPT image models answer base64 and refuse the field that asks for it. */
const asBase64 = { response_format: 'b64_json' } as const;

const gptFamilies: readonly PictureFamily[] = [
  {
    names: /^(?:gpt-image-1|chatgpt-image)/,
    size: oneOf({ width: 1_536, height: 1_024 }, { width: 1_024, height: 1_536 }),
  },
  { names: /^gpt-image/, size: anySize },
];

const families: readonly PictureFamily[] = [
  { names: /^dall-e-2/, size: oneOf(), fields: asBase64 },
  {
    names: /^dall-e-3/,
    size: oneOf({ width: 1_792, height: 1_024 }, { width: 1_024, height: 1_792 }),
    fields: asBase64,
  },
  ...gptFamilies,
];

/** OpenAI itself. */
export const openaiDialect: Dialect = {
  failures: openaiFailures,
  versionPath: '/v1',
  pictures: { path: '/images/generations', families: [...families, { size: anySize }] },
  edits: { path: '/images/edits', inputs: 'files' },
  speech: { path: '/audio/speech', fields: { voice: 'alloy', response_format: 'mp3' } },
  chat: { path: '/chat/completions', fields: { stream_options: { include_usage: true } } },
  responses: { path: '/responses' },
  probe: { path: '/models', isAnswer: isModelList },
};

/**
 * A server that speaks like OpenAI at an address of one's own: LocalAI, vLLM, Ollama, llama.cpp, sd-server, or a gateway in
 * front of OpenAI. Links to its own disk would not be fetched from a private address, so pictures are asked for as base64.
 */
export const ownServerDialect: Dialect = {
  ...openaiDialect,
  pictures: { path: '/images/generations', families: [...families, { size: anySize, fields: asBase64 }] },
  readsMarks: true,
};

/** The dialect behind a base URL: OpenAI's own hosts, or a server of one's own. */
export function dialectAt(baseUrl: string): Dialect {
  return /(?:^|\.)openai\.com$/.test(new URL(baseUrl).hostname) ? openaiDialect : ownServerDialect;
}
