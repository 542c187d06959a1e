import { inlineResultLimitBytes } from '../../media/result-encodings.ts';
import type { SynchronousProvider } from '../../domain/provider.ts';
import type { Complaint } from '../classification/error-body.ts';
import { type HttpClient } from '../http/http-exchange.ts';
import { multipart } from '../http/multipart.ts';
import { readInputFiles } from '../input-files.ts';
import { createKeyedClient, malformed, noPersonsText } from '../keyed-client.ts';
import { stabilityFailures } from './failure-table.ts';
import { imageForm, routeOf, soundForm, soundRouteOf } from './image-form.ts';
import { creditsIn, readImage } from './read-image.ts';

export type StabilityOptions = {
  /** With or without a version path, `/v2beta` or `/v1`; a trailing slash is dropped. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

const balanceLimitBytes = 100_000;
/** The service takes requests of up to about 10 MiB. */
const inputLimitBytes = 9_000_000;

/** The adapter of Stability AI: one synchronous call per picture or song, as a form even without a file. */
export function createStabilityProvider({ baseUrl, http, now }: StabilityOptions): SynchronousProvider {
  // Pictures are below one version, the account below another.
  const root = baseUrl.replace(/(?<!\/)\/+$/, '').replace(/\/v\d\w*$/, '');
  const keyHeaders = (key: string) => ({ authorization: `Bearer ${key}` });
  const client = createKeyedClient({ http, now, failures: stabilityFailures, keyHeaders, refine: withTimeout });

  const balanceCall = (signal: AbortSignal) =>
    ({
      method: 'GET',
      url: `${root}/v1/user/balance`,
      headers: { accept: 'application/json' },
      signal,
      bodyLimitBytes: balanceLimitBytes,
    }) as const;

  return {
    name: 'stability',

    generate: async (request, secret, signal) => {
      const isSong = request.kind === 'music';
      const route = isSong ? soundRouteOf(request.model) : routeOf(request.model);
      if (route === undefined) {
        return { ok: false, failure: { blame: 'model', reason: 'unknown-model', detail: 'no route has this name' } };
      }
      const read = await readInputFiles(request.inputs, inputLimitBytes, signal);
      if (!read.ok) return read;
      const { contentType, body } = multipart(isSong ? soundForm(request) : imageForm(request, read.files));
      const run = {
        method: 'POST',
        url: `${root}/v2beta/${isSong ? '' : 'stable-image/'}${route}`,
        headers: { 'content-type': contentType, accept: isSong ? 'audio/*' : 'image/*' },
        body,
        signal,
        bodyLimitBytes: inlineResultLimitBytes,
      } as const;
      const sent = await client.call(run, secret, request);
      if (!sent.ok) return sent;
      const { answer } = sent;
      const image = readImage(answer.status, answer.headers, answer.body);
      switch (image.kind) {
        case 'source':
          return { ok: true, source: image.source, ...(isSong ? {} : { usage: { images: 1 } }) };
        case 'filtered':
          return { ok: false, failure: { blame: 'request', reason: 'refused', detail: 'the result was filtered' } };
        case 'failed':
          return { ok: false, failure: { blame: 'provider', reason: 'failed-run', detail: image.why } };
        case 'complaint':
          return client.failed(answer, image.complaint, secret, request);
        case 'malformed':
          return client.unreadable(answer, image.why, secret, request);
      }
    },

    probe: (secret, signal) =>
      client.probe(balanceCall(signal), secret, ({ body }) =>
        creditsIn(body) === undefined ? { malformed: 'no credits of the account' } : 'fine',
      ),

    balance: async (secret, signal) => {
      const reply = await client.call(balanceCall(signal), secret, noPersonsText);
      if (!reply.ok) return reply;
      const amount = creditsIn(reply.answer.body);
      return amount === undefined
        ? malformed(reply.answer, 'no credits of the account')
        : { ok: true, amount, unit: 'credits' };
    },
  };
}

/** "… and have been timed out for 60 seconds." */
function withTimeout(complaint: Complaint): Complaint {
  const value = /\btimed out for (\d{1,4}) seconds\b/i.exec(complaint.words)?.[1];
  if (value === undefined || complaint.status !== 429) return complaint;
  return { ...complaint, waitFields: [...(complaint.waitFields ?? []), { name: 'timeout', value }] };
}
