import type { GenerationRequest, ProviderReply, SynchronousProvider } from '../../domain/provider.ts';
import { readComplaint } from '../classification/error-body.ts';
import { fieldsOf, type HttpCall, type HttpClient, parseJson } from '../http/http-exchange.ts';
import {
  createKeyedClient,
  type Failed,
  type HttpAnswer,
  isSuccess,
  malformed,
  noPersonsText,
} from '../keyed-client.ts';
import { elevenlabsFailures } from './failure-table.ts';

export type ElevenlabsOptions = {
  /** With or without `/v1` at its end. */
  readonly baseUrl: string;
  readonly http: HttpClient;
  /** Milliseconds since 1970, for Retry-After dates. */
  readonly now: () => number;
};

const soundLimitBytes = 60_000_000;
const accountLimitBytes = 100_000;

/** A voice that every account has: George. */
const usualVoice = 'JBFqnCBsd6RMkjVDRZzb';

/** The ElevenLabs adapter: one call per recording or song, whose answer is the file. */
export function createElevenlabsProvider({ baseUrl, http, now }: ElevenlabsOptions): SynchronousProvider {
  const trimmed = baseUrl.replace(/(?<!\/)\/+$/, '');
  const base = trimmed.endsWith('/v1') ? trimmed : `${trimmed}/v1`;
  const keyHeaders = (key: string) => ({ 'xi-api-key': key });
  const client = createKeyedClient({ http, now, failures: elevenlabsFailures, keyHeaders });

  const account = (signal: AbortSignal): HttpCall => {
    const headers = { accept: 'application/json' };
    return { method: 'GET', url: `${base}/user/subscription`, headers, signal, bodyLimitBytes: accountLimitBytes };
  };

  return {
    name: 'elevenlabs',

    generate: async (request, secret, signal) => {
      const { path, body } = request.kind === 'music' ? songCall(request) : speechCall(request);
      const run = {
        method: 'POST',
        url: `${base}${path}`,
        headers: { 'content-type': 'application/json', accept: 'audio/mpeg, audio/*' },
        body: JSON.stringify(body),
        signal,
        bodyLimitBytes: soundLimitBytes,
      } as const;
      const sent = await client.send(run, secret);
      if (!sent.ok) return sent;
      const { answer } = sent;
      if (!isSuccess(answer)) {
        const complaint = readComplaint(answer.status, answer.body);
        return withSeats(client.failed(answer, complaint, secret, request), answer);
      }
      return withSeats(
        soundIn(answer, (why) => client.unreadable(answer, why, secret, request)),
        answer,
      );
    },

    probe: (secret, signal) =>
      client.probe(
        account(signal),
        secret,
        ({ body }) => (charactersIn(body) === undefined ? { malformed: 'no subscription' } : 'fine'),
        // A key may be made for speech alone; it need not see the account.
        ({ codes }) => codes.includes('missing_permissions'),
      ),

    balance: async (secret, signal) => {
      const reply = await client.call(account(signal), secret, noPersonsText);
      if (!reply.ok) return reply;
      const amount = charactersIn(reply.answer.body);
      return amount === undefined ? malformed(reply.answer, 'no subscription') : { ok: true, amount, unit: 'credits' };
    },
  };
}

type Call = { readonly path: string; readonly body: object };

function speechCall({ model, prompt }: GenerationRequest): Call {
  const [name = model, voice = usualVoice] = model.split('/');
  const path = `/text-to-speech/${encodeURIComponent(voice)}?output_format=mp3_44100_128`;
  return { path, body: { text: prompt, model_id: name } };
}

/** Without a length the model chooses one that fits the words. */
function songCall({ model, prompt, instrumental }: GenerationRequest): Call {
  const silent = instrumental === true ? { force_instrumental: true } : {};
  return { path: '/music?output_format=auto', body: { prompt, model_id: model, ...silent } };
}

/** The file itself; its bytes are judged when it is stored. */
function soundIn({ body, headers }: HttpAnswer, unreadable: (why: string) => Failed): ProviderReply {
  if (body.byteLength === 0) return unreadable('an empty file');
  const type = String(headers['content-type'] ?? '');
  if (/json|html|text\//.test(type) || /^\s*[{<]/.test(Buffer.from(body.subarray(0, 64)).toString('latin1'))) {
    return unreadable('a text instead of a sound');
  }
  return { ok: true, source: { kind: 'bytes', bytes: body } };
}

/** Its answers tell how many calls at once the plan of the account carries. */
function withSeats<Reply extends ProviderReply | Failed>(
  reply: Reply,
  { headers }: HttpAnswer,
): Reply & { seats?: number } {
  const told = headers['maximum-concurrent-requests'];
  const seats = typeof told === 'string' && /^[1-9]\d{0,3}$/.test(told) ? { seats: Number(told) } : {};
  return { ...reply, ...seats };
}

/** What is left of the month. */
function charactersIn(body: Uint8Array): number | undefined {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  const [used, limit] = [fields?.get('character_count'), fields?.get('character_limit')];
  return typeof used === 'number' && typeof limit === 'number' ? limit - used : undefined;
}
