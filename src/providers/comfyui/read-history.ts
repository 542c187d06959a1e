import type { Complaint } from '../classification/error-body.ts';
import { fieldsOf, parseJson } from '../http/http-exchange.ts';

/** A file that a run has made, as `GET /view` takes it. */
export type MadeFile = { readonly filename: string; readonly subfolder: string; readonly type: string };

/** What `GET /history/{id}` says of a run. */
export type History =
  /** It has not ended, or is not known. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly complaint: Complaint }
  | { readonly kind: 'done'; readonly files: readonly MadeFile[] }
  | { readonly kind: 'malformed'; readonly why: string };

type Fields = ReadonlyMap<string, unknown>;

const maxTextLength = 2_000;
const maxFiles = 4;
const videoNames = /\.(?:mp4|webm|mov|mkv)$/i;

/** Reads the entry of a run: its files are videos where it makes one, else anything that it saved, at most four. */
export function readHistory(body: Uint8Array, id: string, makesVideo: boolean): History {
  const entries = objectIn(body);
  if (typeof entries === 'string') return { kind: 'malformed', why: entries };
  if (!entries.has(id)) return { kind: 'none' };
  const entry = fieldsOf(entries.get(id));
  if (entry === undefined) return { kind: 'malformed', why: 'a run that is not an object' };
  const status = fieldsOf(entry.get('status'));
  if (status?.get('status_str') === 'error') return { kind: 'failed', complaint: complaintIn(status) };
  const outputs = fieldsOf(entry.get('outputs'));
  if (outputs === undefined) return { kind: 'malformed', why: 'a run without its outputs' };
  const files = [...outputs.values()].flatMap(filesIn);
  const saved = files.filter(({ type }) => type === 'output');
  const wanted = (saved.length > 0 ? saved : files).filter((file) => !makesVideo || !isPicture(file));
  return { kind: 'done', files: wanted.slice(0, makesVideo ? 1 : maxFiles) };
}

export function isPicture({ filename }: MadeFile): boolean {
  return !videoNames.test(filename);
}

/** Files stand in lists of a node's output: `images`, `gifs`, `video`. */
function filesIn(output: unknown): readonly MadeFile[] {
  const lists = [...(fieldsOf(output)?.values() ?? [])].filter((list) => Array.isArray(list));
  return lists.flat().flatMap((entry: unknown) => {
    const file = fieldsOf(entry);
    const [filename, subfolder = '', type = 'output'] = ['filename', 'subfolder', 'type'].map((name) =>
      file?.get(name),
    );
    if (typeof filename !== 'string' || typeof subfolder !== 'string' || typeof type !== 'string') return [];
    return filename === '' ? [] : [{ filename, subfolder, type }];
  });
}

/** The last message of a run that went wrong: `["execution_error", {exception_type, exception_message, node_type}]`. */
function complaintIn(status: Fields): Complaint {
  const messages = status.get('messages');
  const pairs = Array.isArray(messages) ? (messages as readonly unknown[]).filter((pair) => Array.isArray(pair)) : [];
  const [event, told] =
    pairs.findLast(([name]) => name === 'execution_error' || name === 'execution_interrupted') ?? [];
  const fields = fieldsOf(told);
  const text = (name: string) => {
    const value = fields?.get(name);
    return typeof value === 'string' ? value.slice(0, maxTextLength) : '';
  };
  const exception = text('exception_type');
  const code = exception === '' ? event : exception;
  return {
    status: 500,
    codes: typeof code === 'string' ? [code] : [],
    types: text('node_type') === '' ? [] : [text('node_type')],
    words: `${exception}: ${text('exception_message')}`,
    isHtml: false,
  };
}

/** Where a run stands in `GET /queue`: how many come before it, 0 where it runs; undefined where it is not there. */
export function placeInQueue(body: Uint8Array, id: string): number | undefined | { readonly malformed: string } {
  const fields = objectIn(body);
  if (typeof fields === 'string') return { malformed: fields };
  const [running, pending] = [itemsIn(fields.get('queue_running')), itemsIn(fields.get('queue_pending'))];
  if (running === undefined || pending === undefined) return { malformed: 'no list of runs' };
  if (running.some((item) => item.id === id)) return 0;
  // The pending ones are a heap: their order is that of their numbers.
  const own = pending.find((item) => item.id === id);
  if (own === undefined) return undefined;
  return Math.max(1, running.length + pending.filter(({ number }) => number < own.number).length);
}

/** Each item begins with its number and the id of its run. */
function itemsIn(list: unknown): readonly { readonly number: number; readonly id: unknown }[] | undefined {
  if (!Array.isArray(list)) return undefined;
  return (list as readonly unknown[]).flatMap((item) => {
    if (!Array.isArray(item)) return [];
    const [number, id] = item as readonly unknown[];
    return [{ number: typeof number === 'number' ? number : Infinity, id }];
  });
}

/** Adds to a refused submission what is wrong with each node: the types as codes, the details as words. */
export function withNodeErrors(complaint: Complaint, body: Uint8Array): Complaint {
  const fields = objectIn(body);
  const nodes = typeof fields === 'string' ? undefined : fieldsOf(fields.get('node_errors'));
  const told = [...(nodes?.values() ?? [])].flatMap((node) => {
    const type = fieldsOf(node)?.get('class_type');
    const errors = fieldsOf(node)?.get('errors');
    if (!Array.isArray(errors)) return [];
    return errors.map((error: unknown) => ({
      code: fieldsOf(error)?.get('type'),
      words: [type, fieldsOf(error)?.get('details')].filter((part) => typeof part === 'string').join(': '),
    }));
  });
  if (told.length === 0) return complaint;
  return {
    ...complaint,
    codes: [...told.flatMap(({ code }) => (typeof code === 'string' ? [code] : [])), ...complaint.codes],
    words: [...told.map(({ words }) => words), complaint.words].join('; ').slice(0, maxTextLength),
  };
}

function objectIn(body: Uint8Array): Fields | string {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed.why;
  return fieldsOf(parsed.value) ?? 'JSON that is not an object';
}
