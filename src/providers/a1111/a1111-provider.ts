import { inlineResultLimitBytes, sourceFromText } from '../../media/result-encodings.ts';
import type { ProviderReply, SecretValue, SynchronousProvider } from '../../domain/provider.ts';
import { complaintOf } from '../classification/error-body.ts';
import { fieldsOf, type HttpClient, parseJson } from '../http/http-exchange.ts';
import { readInputFiles } from '../input-files.ts';
import { createKeyedClient, type HttpAnswer, type KeyedClient, malformed, type PersonsText } from '../keyed-client.ts';
import { loginHeaders, noAddress, ownServer } from '../own-server.ts';
import { a1111Failures } from './failure-table.ts';
import { runBody } from './run-body.ts';

export type A1111Options = {
  /** With or without `/sdapi/v1`, perhaps with user and password; a trailing slash is dropped. Empty where none is set. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

const optionsLimitBytes = 2_000_000;
const maxInputBytes = 20_000_000;

/** The adapter of servers that speak like AUTOMATIC1111: one synchronous call per picture. */
export function createA1111Provider({ baseUrl, http, now }: A1111Options): SynchronousProvider {
  const server = ownServer(baseUrl);
  const base = server.base?.replace(/\/sdapi\/v1$/, '');
  const client = createKeyedClient({ http, now, failures: a1111Failures, keyHeaders: loginHeaders });
  const accept = { accept: 'application/json' };

  return {
    name: 'a1111',

    generate: async (request, secret, signal) => {
      if (base === undefined) return noAddress;
      const inputs = await readInputFiles(request.inputs.slice(0, 1), maxInputBytes, signal);
      if (!inputs.ok) return inputs;
      const run = {
        method: 'POST',
        url: `${base}/sdapi/v1/${request.kind === 'edit' ? 'img2img' : 'txt2img'}`,
        headers: { ...accept, 'content-type': 'application/json' },
        body: JSON.stringify(runBody(request, inputs.files)),
        signal,
        bodyLimitBytes: inlineResultLimitBytes,
      } as const;
      const own = server.secretOf(secret);
      const sent = await client.call(run, own, request);
      return sent.ok ? readPicture(sent.answer, client, own, request) : sent;
    },

    probe: async (secret, signal) => {
      if (base === undefined) return noAddress;
      const url = `${base}/sdapi/v1/options`;
      const options = { method: 'GET', url, headers: accept, signal, bodyLimitBytes: optionsLimitBytes } as const;
      return client.probe(options, server.secretOf(secret), ({ status, body }) => {
        const parsed = parseJson(body);
        const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
        if (fields?.has('error') === true && parsed.ok) return complaintOf(status, parsed.value);
        return fields === undefined ? { malformed: 'no options of the server' } : 'fine';
      });
    },
  };
}

/** Reads `{images: [base64], info}`; further pictures after the first are grids of it. */
function readPicture(
  answer: HttpAnswer,
  client: KeyedClient,
  secret: SecretValue,
  persons: PersonsText,
): ProviderReply {
  const parsed = parseJson(answer.body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (!parsed.ok || fields === undefined)
    return malformed(answer, parsed.ok ? 'JSON that is not an object' : parsed.why);
  const images = fields.get('images');
  if (!Array.isArray(images)) {
    return fields.has('error')
      ? client.failed(answer, complaintOf(answer.status, parsed.value), secret, persons)
      : malformed(answer, 'no list of pictures');
  }
  const [first] = images as readonly unknown[];
  // A run that somebody interrupted at the server has none.
  if (first === undefined) {
    return { ok: false, failure: { blame: 'provider', reason: 'failed-run', detail: 'done without a picture' } };
  }
  const source = typeof first === 'string' ? sourceFromText(first) : undefined;
  return source?.kind === 'bytes'
    ? { ok: true, source, usage: { images: 1 } }
    : malformed(answer, 'the picture is not base64');
}
