import type { ReplySource, Usage } from '../../domain/provider.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';
import type { ChatFormat, ChatPart } from '../chat-stream.ts';
import { wavFile } from './wav-file.ts';

type Fields = ReadonlyMap<string, unknown>;

/** What one answer, or one event of a stream of them, says. */
export type Content = {
  readonly text: string;
  /** The last picture or sound that is no thought. */
  readonly file?: { readonly mime: string; readonly bytes: Buffer };
  readonly finish?: string;
  /** Why the words of the person were not given to the model. */
  readonly block?: string;
  readonly usage?: Usage;
};

export type ParsedContent =
  | { readonly ok: true; readonly content: Content }
  | { readonly ok: false; readonly why: string };

const nothing: Content = { text: '' };

/** Parses the JSON of a 2xx answer of `:generateContent`; never throws on invalid bytes. */
export function readContent(body: Uint8Array): ParsedContent {
  const parsed = parseJson(body);
  return parsed.ok ? contentOf(parsed.value) : parsed;
}

function contentOf(value: unknown): ParsedContent {
  const fields = fieldsOf(value);
  const candidates = fields?.get('candidates');
  const block = fieldsOf(fields?.get('promptFeedback'))?.get('blockReason');
  if (fields === undefined) return { ok: false, why: 'JSON that is not an object' };
  const isKnown = Array.isArray(candidates) || block !== undefined || fields.has('usageMetadata');
  if (!isKnown) return { ok: false, why: 'no candidates' };
  const candidate = fieldsOf(Array.isArray(candidates) ? candidates[0] : undefined);
  const finish = candidate?.get('finishReason');
  const usage = usageOf(fieldsOf(fields.get('usageMetadata')));
  return {
    ok: true,
    content: {
      ...partsIn(candidate),
      ...(typeof finish === 'string' ? { finish } : {}),
      ...(typeof block === 'string' ? { block } : {}),
      ...(usage === undefined ? {} : { usage }),
    },
  };
}

/** Thoughts are passed over: they hold drafts. */
function partsIn(candidate: Fields | undefined): Content {
  const parts = fieldsOf(candidate?.get('content'))?.get('parts');
  if (!Array.isArray(parts)) return nothing;
  return parts.reduce<Content>((found, value: unknown) => {
    const part = fieldsOf(value);
    if (part === undefined || part.get('thought') === true) return found;
    const text = part.get('text');
    const file = fileIn(fieldsOf(part.get('inlineData') ?? part.get('inline_data')));
    return {
      ...found,
      ...(typeof text === 'string' ? { text: found.text + text } : {}),
      ...(file === undefined ? {} : { file }),
    };
  }, nothing);
}

function fileIn(data: Fields | undefined): Content['file'] {
  const mime = data?.get('mimeType') ?? data?.get('mime_type');
  const text = data?.get('data');
  if (typeof mime !== 'string' || typeof text !== 'string' || !/^[\w+/-]+={0,2}$/.test(text)) return undefined;
  return { mime, bytes: Buffer.from(text, 'base64') };
}

function usageOf(fields: Fields | undefined): Usage | undefined {
  if (fields === undefined) return undefined;
  const [input, output, thoughts] = ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount'].map((name) =>
    countOf(fields.get(name)),
  );
  // Thoughts are charged as output.
  const written = output === undefined && thoughts === undefined ? undefined : (output ?? 0) + (thoughts ?? 0);
  return {
    ...(input === undefined ? {} : { inputTokens: input }),
    ...(written === undefined ? {} : { outputTokens: written }),
  };
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export type Ending =
  | { readonly kind: 'source'; readonly source: ReplySource }
  | { readonly kind: 'refused'; readonly why: string; readonly isPlain: boolean }
  /** The model stopped without a result; the same words may give one the next time. */
  | { readonly kind: 'nothing'; readonly why: string };

/** Finish reasons that refuse the content, of the words or of the result. */
const refusals: ReadonlySet<string> = new Set([
  'SAFETY',
  'IMAGE_SAFETY',
  'PROHIBITED_CONTENT',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'RECITATION',
  'BLOCKLIST',
  'SPII',
]);

/** Finish reasons with which an answer lacks its end. */
const cuts: ReadonlySet<string> = new Set(['MAX_TOKENS', 'CONTINUATION']);

/** What an answer means for a request for a picture or for speech. */
export function endingOf({ text, file, finish = 'no reason', block }: Content): Ending {
  if (file !== undefined) return { kind: 'source', source: fileSource(file) };
  if (block !== undefined) return { kind: 'refused', why: `the words were blocked: ${named(block)}`, isPlain: true };
  if (refusals.has(finish)) return { kind: 'refused', why: `the model stopped: ${finish}`, isPlain: true };
  // A model that answers with words in place of a picture says why it does not draw one.
  const isAnswer = finish === 'STOP' && text.trim() !== '';
  if (isAnswer) return { kind: 'refused', why: 'the model answered with words alone', isPlain: false };
  return { kind: 'nothing', why: `the model stopped without a result: ${named(finish)}` };
}

/** Every event of a streamed answer is a whole reply, with a part of the text. */
export const answerFormat: ChatFormat = { ofEvent: chatPartsOf, ofReply: chatPartsOf };

function chatPartsOf(value: unknown): readonly ChatPart[] {
  const error = fieldsOf(value)?.get('error') ?? null;
  if (error !== null) return [{ kind: 'error', error: value }];
  const parsed = contentOf(value);
  if (!parsed.ok) return [];
  const { text, finish, block, usage } = parsed.content;
  return [
    ...(text === '' ? [] : [{ kind: 'text', text } as const]),
    ...(block === undefined ? [] : [{ kind: 'finish', why: 'refused' } as const]),
    ...(finish === undefined ? [] : [{ kind: 'finish', why: chatFinish(finish) } as const]),
    ...(usage === undefined ? [] : [{ kind: 'usage', usage } as const]),
  ];
}

function chatFinish(finish: string): 'done' | 'cut' | 'refused' {
  if (refusals.has(finish)) return 'refused';
  return cuts.has(finish) ? 'cut' : 'done';
}

function fileSource({ mime, bytes }: NonNullable<Content['file']>): ReplySource {
  // Speech is bare samples: `audio/L16;codec=pcm;rate=24000`.
  const isBare = /^audio\/(?:l16|pcm)\b/i.test(mime);
  const rate = Number(/\brate=(\d{4,6})\b/i.exec(mime)?.[1] ?? 24_000);
  return { kind: 'bytes', bytes: isBare ? wavFile(bytes, rate) : bytes };
}

function named(reason: string): string {
  return /^[A-Z_]{1,60}$/.test(reason) ? reason : 'a reason that is no name';
}
