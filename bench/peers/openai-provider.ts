import { z } from 'zod';
import type { AttemptFailure } from '../../src/domain/failure.ts';
import type { SynchronousProvider } from '../../src/domain/provider.ts';
import type { HttpReply, HttpClient } from '../../src/providers/http/http-exchange.ts';
import { retryAfterMs } from '../../src/providers/classification/stated-wait.ts';
import { line } from '../bench-jobs.ts';

const bodyLimitBytes = 1_000_000;
const reading = z.object({
  error: z.object({ code: z.string().nullish() }).nullish(),
  data: z.array(z.object({ b64_json: z.string() })).optional(),
});

/** An OpenAI-shaped server as a provider: status and `error.code` say whose fault a failure is. */
export function createOpenAiProvider(baseUrl: string, http: HttpClient): SynchronousProvider {
  const headersFor = (key: string) => ({ authorization: `Bearer ${key}`, 'content-type': 'application/json' });
  return {
    name: line,
    generate: async ({ model, prompt }, secret, signal) => {
      const reply = await http.call({
        method: 'POST',
        url: `${baseUrl}/images/generations`,
        headers: headersFor(secret.reveal()),
        body: JSON.stringify({ model, prompt }),
        signal,
        bodyLimitBytes,
      });
      const read = readBody(reply);
      const picture = read?.error ? undefined : read?.data?.[0]?.b64_json;
      if (reply.kind !== 'answer' || reply.status >= 300 || picture === undefined) {
        return { ok: false, failure: failureFor(reply) };
      }
      return { ok: true, source: { kind: 'bytes', bytes: Buffer.from(picture, 'base64') } };
    },
    probe: async (secret, signal) => {
      const headers = headersFor(secret.reveal());
      const reply = await http.call({ method: 'GET', url: `${baseUrl}/models`, headers, signal, bodyLimitBytes });
      if (reply.kind === 'answer' && reply.status < 300) return { ok: true };
      return { ok: false, failure: failureFor(reply) };
    },
  };
}

/** Whose fault an answer without a picture is. */
export function failureFor(reply: HttpReply): AttemptFailure {
  if (reply.kind === 'timed-out') return { blame: 'provider', reason: 'timed-out', detail: 'no answer in time' };
  if (reply.kind === 'cut' || reply.kind === 'unreachable') {
    return { blame: 'provider', reason: 'unreachable', detail: reply.detail };
  }
  if (reply.kind !== 'answer') return { blame: 'provider', reason: 'malformed', detail: reply.kind };
  const { status } = reply;
  const body = readBody(reply);
  const code = body?.error?.code ?? undefined;
  const detail = `HTTP ${status} ${code ?? ''}`.trim();
  if (status === 401 || status === 403) return { blame: 'key', reason: 'rejected', detail };
  if (status === 404) return { blame: 'model', reason: 'unknown-model', detail };
  if (status === 400) {
    return { blame: 'request', reason: code === 'moderation_blocked' ? 'refused' : 'bad-request', detail };
  }
  if (status === 429) return tooMany(code, retryAfterMs(reply.headers, Date.now()), detail);
  if (status === 503) return { blame: 'provider', reason: 'overloaded', detail };
  if (status >= 500 || body?.error) return { blame: 'provider', reason: 'failed-run', detail };
  return { blame: 'provider', reason: 'malformed', detail };
}

function tooMany(code: string | undefined, askedMs: number | undefined, detail: string): AttemptFailure {
  if (code === 'insufficient_quota') return { blame: 'key', reason: 'out-of-credit', detail };
  if (code === 'concurrency_limit_exceeded') return { blame: 'key', reason: 'concurrency', detail };
  return { blame: 'key', reason: 'rate-limited', detail, ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }) };
}

function readBody(reply: HttpReply): z.infer<typeof reading> | undefined {
  if (reply.kind !== 'answer') return undefined;
  try {
    return reading.parse(JSON.parse(Buffer.from(reply.body).toString('utf8')));
  } catch {
    return undefined;
  }
}
