import type { CallEnding, CallResult } from '../../domain/gateway/client-call.ts';
import type { GatewayAccess, KnownClient } from '../../domain/gateway/gateway-access.ts';
import type { Candidate } from '../../domain/job.ts';
import type { Clock } from '../../kit/clock.ts';
import { type Arrived, traceOf } from './arrived.ts';
import { usageFields } from './chat-answer.ts';
import type { MediaRequest } from './media-request.ts';
import type { PictureLinks } from './picture-links.ts';
import { type Read, refused } from './read-body.ts';
import { badRequest, type Refusal, refusalFor } from './refusal.ts';
import { picturesOf } from './sent-pictures.ts';
import { askedFormat, samplesOf, type SpeechFormat, speechFormats } from './speech-format.ts';

export type MediaAnswererOptions = {
  readonly access: GatewayAccess;
  readonly clock: Clock;
  readonly links: PictureLinks;
  /** Where programs reach the gateway; links begin with the host that was asked when undefined. */
  readonly publicUrl: string | undefined;
};

type Answered = Extract<CallEnding, { kind: 'answered' }>;
type Files = Extract<CallResult, { kind: 'files' }>['files'];

/** Has pictures and speech made, and answers them in the form that was asked for. */
export class MediaAnswerer {
  readonly #options: MediaAnswererOptions;

  constructor(options: MediaAnswererOptions) {
    this.#options = options;
  }

  async make(arrived: Arrived, client: KnownClient, request: MediaRequest, chain: readonly Candidate[]): Promise<void> {
    const { access } = this.#options;
    const { exchange, id, asked } = arrived;
    const able = this.#following(request, chain, arrived);
    if (!able.ok) return exchange.refuse(able.refusal);
    const { prompt, aspect, fields, format } = request;
    const pictures = await picturesOf(request.pictures ?? [], access.fetchPicture, exchange.signal);
    if (!pictures.ok) return exchange.refuse(pictures.refusal);
    const ending = await access.calls.run(
      {
        id,
        client,
        kind: asked.kind,
        chain: able.value,
        prompt,
        ...(aspect === undefined ? {} : { options: { aspect } }),
        ...(request.pictures === undefined ? {} : { pictures: pictures.value }),
        relay: {
          route: asked.route,
          fields: format === undefined ? fields : { ...fields, response_format: askedFormat(format) },
        },
        ...traceOf(arrived),
      },
      exchange.stop,
    );
    if (ending.kind === 'failed') return exchange.refuse(refusalFor(ending), ending);
    const files = ending.result.kind === 'files' ? ending.result.files : [];
    return asked.kind === 'speech'
      ? this.#sendSpeech(arrived, files, format, ending)
      : this.#sendPictures(arrived, files, request.asLink === true, ending);
  }

  /** The candidates that can follow what was asked besides the words. */
  #following(
    { aspect, format }: MediaRequest,
    chain: readonly Candidate[],
    { asked }: Arrived,
  ): Read<readonly Candidate[]> {
    const { access } = this.#options;
    const relays = ({ provider }: Candidate) => access.relays(provider).has(asked.route);
    // A model with one shape only cannot follow a size; one that is asked in OpenAI's language is told it as it is.
    const shaped = chain.filter((one) => aspect === undefined || relays(one) || access.hasSizes(one));
    if (shaped.length === 0)
      return refused(badRequest('The model makes pictures of one size only', 'size', 'unsupported_parameter'));
    if (format === undefined) return { ok: true, value: shaped };
    const able = shaped.filter((one) => relays(one) || access.speaksIn(one.provider) === askedFormat(format));
    if (able.length > 0) return { ok: true, value: able };
    const known = shaped.map(
      ({ provider }) => `${provider} speaks in ${access.speaksIn(provider) ?? 'a format of its own'}`,
    );
    const message = `Cannot answer with ${format}: ${[...new Set(known)].join(', ')}; leave response_format out to take what comes`;
    return refused(badRequest(message, 'response_format', 'unsupported_parameter'));
  }

  #sendSpeech({ exchange }: Arrived, files: Files, format: SpeechFormat | undefined, ending: Answered): void {
    const [file] = files;
    if (file === undefined) throw new Error('Cannot answer: there is no sound in the result');
    if (format === undefined) return exchange.whole(file.bytes, file.mime, ending);
    const isAsked = file.mime === speechFormats[format];
    const bytes = isAsked && format === 'pcm' ? samplesOf(file.bytes) : file.bytes;
    if (!isAsked || bytes === undefined) return exchange.refuse(otherFormat(format, file.mime, ending.candidate));
    exchange.whole(bytes, format === 'pcm' ? 'audio/pcm' : file.mime, ending);
  }

  async #sendPictures({ exchange, incoming }: Arrived, files: Files, asLink: boolean, ending: Answered): Promise<void> {
    if (files.length === 0) throw new Error('Cannot answer: there is no picture in the result');
    const { links, publicUrl, clock } = this.#options;
    const told = usageFields(ending.usage);
    const tokens = told && {
      input_tokens: told['prompt_tokens'],
      output_tokens: told['completion_tokens'],
      total_tokens: told['total_tokens'],
    };
    const base = publicUrl ?? `http://${incoming.headers.host ?? ''}`;
    const data: object[] = [];
    for (const { bytes, mime } of files) {
      const path = asLink ? await links.keep(bytes, mime) : undefined;
      const inBase64 = { b64_json: Buffer.from(bytes).toString('base64') };
      data.push(path === undefined ? inBase64 : { url: `${base}${path}` });
    }
    const usage = tokens === undefined ? {} : { usage: tokens };
    const body = { created: Math.floor(clock.now() / 1_000), data, ...usage };
    exchange.whole(JSON.stringify(body), 'application/json', ending);
  }
}

/** The call is paid, but a player that was promised one format cannot be given another. */
function otherFormat(format: SpeechFormat, mime: string, { provider, model }: Candidate): Refusal {
  return {
    status: 502,
    message: `${provider}:${model} was asked for ${format} and answered with ${mime} in another layout; leave response_format out, or name another model`,
    type: 'server_error',
    code: 'format_not_honoured',
    param: 'response_format',
  };
}
