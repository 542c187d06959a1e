import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type JobKind, jobKinds } from '../src/domain/kinds.ts';
import { json, noModel, tooManyRuns, unauthorized } from '../sandbox/bytez/responses.ts';
import { runFailureResponse, gatewayResponse } from '../sandbox/bytez/fault-responses.ts';
import { fixedPicture } from './fixed-picture.ts';

const fixtures = join(import.meta.dirname, '..', 'test', 'fixtures');

const recorded = z.object({
  kind: z.enum(jobKinds),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.json().optional(),
  bodyBase64: z.string().optional(),
  expect: z.object({ source: z.unknown().optional() }),
});

/** An answer of a provider or of its stand-in. */
export type SampleAnswer = {
  readonly kind: JobKind;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, or the bytes where it is none. */
  readonly body: unknown;
  /** It leads to a result. */
  readonly isResult: boolean;
};

/** Every recorded answer, and every kind that the stand-in gives. */
export const sampleAnswers: readonly SampleAnswer[] = [...recordedAnswers(), ...standInAnswers(), ...rawFiles()];
export const goodAnswers = sampleAnswers.filter(({ isResult }) => isResult);

function recordedAnswers(): readonly SampleAnswer[] {
  const folder = join(fixtures, 'bytez');
  return readdirSync(folder).map((name) => {
    const { body, bodyBase64, expect, ...given } = recorded.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    return {
      ...given,
      body: bodyBase64 === undefined ? (body ?? '') : Buffer.from(bodyBase64, 'base64'),
      isResult: expect.source !== undefined,
    };
  });
}

function standInAnswers(): readonly SampleAnswer[] {
  const replies = [
    ...(['forbidden', 'out-of-credit', 'rate-limited', 'credits-429'] as const).map((kind) =>
      gatewayResponse({ kind }, 1),
    ),
    ...([500, 502, 503, 504] as const).map((status) => runFailureResponse({ kind: 'status', status })),
    runFailureResponse({ kind: 'refused' }),
    runFailureResponse({ kind: 'error-200', error: 'The run failed' }),
    runFailureResponse({ kind: 'bad-json' }),
    unauthorized,
    noModel,
    tooManyRuns(1),
    json({ error: null, output: 'http://cdn.example.com/media/a.png' }),
    json({ error: null, output: { image: Buffer.from(fixedPicture).toString('base64') } }),
  ];
  return replies.flatMap((reply) => {
    if (reply?.kind !== 'reply' || typeof reply.body !== 'string') return [];
    return [
      {
        kind: 'image' as const,
        status: reply.status,
        headers: reply.headers,
        body: parsed(reply.body),
        isResult: reply.body.includes('"error":null'),
      },
    ];
  });
}

/** Pictures as the whole answer. */
function rawFiles(): readonly SampleAnswer[] {
  const files = ['lossless.webp', 'profile.jpg', 'restarts.jpg'].map((name) =>
    readFileSync(join(fixtures, 'pictures', name)),
  );
  return [...files, Buffer.from(fixedPicture)].map((body) => ({
    kind: 'image',
    status: 200,
    headers: {},
    body,
    isResult: true,
  }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return Buffer.from(text);
  }
}
