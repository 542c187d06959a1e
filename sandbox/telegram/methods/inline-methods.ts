import type { ApiMethod } from './api-call.ts';
import { badRequest } from '../api-error.ts';
import { isObject } from '../call-params.ts';
import type { MediaKind } from '../files/file-store.ts';
import { limits } from '../limits.ts';
import type { TelegramState } from '../telegram-state.ts';
import type { InlineResult } from '../updates/open-queries.ts';

/** The cached forms of results, with the field that names the file. */
const cachedForms: Readonly<
  Record<string, { readonly field: string; readonly kind: MediaKind; readonly isTitled?: true }>
> = {
  photo: { field: 'photo_file_id', kind: 'photo' },
  video: { field: 'video_file_id', kind: 'video', isTitled: true },
  mpeg4_gif: { field: 'mpeg4_file_id', kind: 'animation' },
  audio: { field: 'audio_file_id', kind: 'audio' },
  voice: { field: 'voice_file_id', kind: 'voice', isTitled: true },
  document: { field: 'document_file_id', kind: 'document', isTitled: true },
};

const answerInlineQuery: ApiMethod = ({ state, params }) => {
  const given = params.json('results', 'inline query results');
  if (!Array.isArray(given)) throw badRequest('expected an Array of inline query results');
  if (given.length > limits.inline.results) throw badRequest('RESULTS_TOO_MUCH');
  const results = given.map((one) => readResult(state, one));
  if (new Set(results.map(({ id }) => id)).size < results.length) throw badRequest('RESULT_ID_DUPLICATE');
  const nextOffset = params.text('next_offset');
  if (Buffer.byteLength(nextOffset) > limits.inline.offsetBytes) throw badRequest('NEXT_OFFSET_INVALID');
  const button = readButton(params.json('button', 'inline query results button'));
  state.inlineQueries.answer(params.text('inline_query_id'), {
    results,
    nextOffset,
    isPersonal: params.flag('is_personal'),
    cacheS: params.integer('cache_time', 300),
    ...(button === undefined ? {} : { button }),
  });
  return true;
};

function readResult(state: TelegramState, given: unknown): InlineResult {
  if (!isObject(given)) throw badRequest('expected an Object as an inline query result');
  const { type, id, title } = given;
  const bytes = typeof id === 'string' ? Buffer.byteLength(id) : 0;
  if (typeof id !== 'string' || bytes === 0 || bytes > limits.inline.idBytes) throw badRequest('RESULT_ID_INVALID');
  const form = cachedForms[String(type)];
  if (form === undefined) throw badRequest('RESULT_TYPE_INVALID');
  const file = state.files.find(String(given[form.field]));
  if (file === undefined) throw badRequest('wrong file identifier/HTTP URL specified');
  if (file.kind !== form.kind) throw badRequest(`can't use file of type ${file.kind} as ${form.kind}`);
  if (form.isTitled === true && (typeof title !== 'string' || title === '')) throw badRequest('RESULT_TITLE_EMPTY');
  return { id, type: String(type), fileId: file.fileId, ...(typeof title === 'string' ? { title } : {}) };
}

function readButton(given: unknown): { readonly text: string; readonly parameter: string } | undefined {
  if (given === undefined) return undefined;
  if (!isObject(given)) throw badRequest('expected an Object as the button');
  const { text, start_parameter: parameter } = given;
  if (typeof text !== 'string' || text === '') throw badRequest('button text must be non-empty');
  if (typeof parameter !== 'string' || !/^[\w-]{1,64}$/.test(parameter)) throw badRequest('START_PARAM_INVALID');
  return { text, parameter };
}

export const inlineMethods: Readonly<Record<string, ApiMethod>> = { answerInlineQuery };
