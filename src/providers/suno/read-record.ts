import { complaintOf, type Complaint } from '../classification/error-body.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';
import { noPersonsText, type PersonsText } from '../keyed-client.ts';

type Fields = ReadonlyMap<string, unknown>;

/** The envelope of every answer: `code`, `msg`, `data`. A failure may come with HTTP 200. */
export type Envelope =
  | { readonly kind: 'data'; readonly data: unknown }
  | { readonly kind: 'complaint'; readonly complaint: Complaint }
  | { readonly kind: 'malformed'; readonly why: string };

export function readEnvelope(status: number, body: Uint8Array): Envelope {
  const parsed = parseJson(body);
  const fields = parsed.ok ? fieldsOf(parsed.value) : undefined;
  if (!parsed.ok || fields === undefined) {
    return { kind: 'malformed', why: parsed.ok ? 'JSON that is not an object' : parsed.why };
  }
  const code = fields.get('code');
  if (code === undefined || code === null) return { kind: 'malformed', why: 'no code in the answer' };
  if (numberIn(code) === 200) return { kind: 'data', data: fields.get('data') };
  return { kind: 'complaint', complaint: complaintOf(status, parsed.value) };
}

/** A code, which may be written as a text. */
function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : undefined;
}

/** The id of a submitted task. */
export function taskIdIn(data: unknown): string | undefined {
  const id = fieldsOf(data)?.get('taskId');
  return typeof id === 'string' && /^[\w-]{1,100}$/.test(id) ? id : undefined;
}

export type Song = {
  /** Where its file is; absent while it is made. */
  readonly url?: string;
  readonly title?: string;
  readonly seconds?: number;
};

/** How a task stands; `persons` is what the person wrote, as far as the answer repeats it. */
export type TaskRecord =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly songs: readonly Song[] }
  /** It could not report to the callback address, which says nothing about the songs. */
  | { readonly kind: 'unreported'; readonly songs: readonly Song[] }
  | { readonly kind: 'failed'; readonly complaint: Complaint; readonly persons: PersonsText }
  | { readonly kind: 'malformed'; readonly why: string };

const maxSongs = 10;
const maxUrlLength = 4_096;
const maxTitleLength = 200;
const maxSeconds = 86_400;

/** Reads the `data` of `GET /generate/record-info`. An unknown state is one under way, unless it speaks of a failure. */
export function readRecord(data: unknown): TaskRecord {
  const fields = fieldsOf(data);
  const state = fields?.get('status');
  if (fields === undefined || typeof state !== 'string') return { kind: 'malformed', why: 'no state of the task' };
  const songs = songsIn(fields.get('response'));
  if (state === 'SUCCESS') return { kind: 'done', songs };
  if (state === 'CALLBACK_EXCEPTION') return { kind: 'unreported', songs };
  if (!/FAIL|ERROR|EXCEPTION/.test(state)) return { kind: 'running' };
  const persons = personsTextIn(fields.get('param'));
  const message = fields.get('errorMessage');
  // A message may repeat the words of the request: where they are not known it is not read.
  const said = typeof message === 'string' && persons !== undefined ? message : '';
  const status = numberIn(fields.get('errorCode')) ?? 0;
  return {
    kind: 'failed',
    persons: persons ?? noPersonsText,
    complaint: {
      status: status >= 400 && status <= 599 ? status : 200,
      codes: [state],
      types: [],
      words: [said, state].filter((part) => part !== '').join(': '),
      isHtml: false,
    },
  };
}

/** The songs, in either documented form: `sunoData` with `audioUrl`, or `data` with `audio_url`. */
function songsIn(response: unknown): readonly Song[] {
  const fields = fieldsOf(asValue(response));
  const list = fields?.get('sunoData') ?? fields?.get('data');
  if (!Array.isArray(list)) return [];
  return list.slice(0, maxSongs).flatMap((entry) => {
    const song = fieldsOf(entry);
    return song === undefined ? [] : [songOf(song)];
  });
}

function songOf(song: Fields): Song {
  const url = ['audioUrl', 'audio_url', 'sourceAudioUrl', 'source_audio_url']
    .map((name) => urlOf(song.get(name)))
    .find((found) => found !== undefined);
  const title = song.get('title');
  const seconds = song.get('duration');
  return {
    ...(url === undefined ? {} : { url }),
    ...(typeof title === 'string' && title.trim() !== '' ? { title: title.trim().slice(0, maxTitleLength) } : {}),
    ...(typeof seconds === 'number' && seconds > 0 && seconds < maxSeconds ? { seconds } : {}),
  };
}

function urlOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const isUsable = /^https?:\/\//i.test(text) && text.length <= maxUrlLength && !/\s/.test(text) && URL.canParse(text);
  return isUsable ? text : undefined;
}

/** What the person wrote, from the copy of the request that a record holds as JSON in a string. */
function personsTextIn(param: unknown): PersonsText | undefined {
  const fields = fieldsOf(asValue(param));
  if (fields === undefined) return undefined;
  const said = (name: string) => {
    const words = fields.get(name);
    return typeof words === 'string' ? words : '';
  };
  return { prompt: said('prompt'), style: said('style'), title: said('title'), negative: said('negativeTags') };
}

function asValue(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const parsed = parseJson(Buffer.from(value));
  return parsed.ok ? parsed.value : undefined;
}
