import { Buffer } from 'node:buffer';

export const callbackVerbs = [
  'cancel',
  'again',
  'status',
  'example',
  'keys',
  'language',
  'ask',
  'forget',
  'show',
  'make',
  'style',
  'model',
  'buy',
  'news',
  'access',
  'r1',
  'report',
  'group',
  'set',
  'past',
  'tell',
] as const;
/** What a button does; the id after the colon names its object. */
export type CallbackVerb = (typeof callbackVerbs)[number];

/** A button that the bot answers, one that opens an address, or one that puts up to 256 characters on the clipboard. */
/** The colour of a button, where Telegram shows one: red, green or blue. */
export type ButtonStyle = 'danger' | 'success' | 'primary';

export type MessageButton = { readonly text: string; readonly style?: ButtonStyle } & (
  | { readonly data: string; readonly url?: undefined; readonly copy?: undefined }
  | { readonly url: string; readonly data?: undefined; readonly copy?: undefined }
  | { readonly copy: string; readonly data?: undefined; readonly url?: undefined }
);

/** The view with one more button in its last row. */
export function withButton(view: MessageView, button: MessageButton): MessageView {
  const last = view.rows.at(-1) ?? [];
  return { ...view, rows: [...view.rows.slice(0, -1), [...last, button]] };
}

/** One message as a person sees it: Telegram HTML and rows of buttons. */
export type MessageView = {
  readonly text: string;
  readonly rows: readonly (readonly MessageButton[])[];
};

/** Telegram's limits in UTF-16 units after entity parsing, and in bytes for the data of a button. */
export const textLimit = 4096;
export const captionLimit = 1024;
const callbackLimitBytes = 64;

/** The data of a button: `verb:id`, never over Telegram's limit of 64 bytes. */
export function callbackData(verb: CallbackVerb, id: string): string {
  const data = `${verb}:${id}`;
  const bytes = Buffer.byteLength(data);
  if (id === '' || bytes > callbackLimitBytes) {
    throw new Error(
      `Cannot make a "${verb}" button: its data has ${bytes} bytes, give it an id of 1 to ${
        callbackLimitBytes - verb.length - 1
      } bytes`,
    );
  }
  return data;
}

/** Parses the data of a pressed button; undefined for anything that is not ours. */
export function parseCallbackData(data: string): { readonly verb: CallbackVerb; readonly id: string } | undefined {
  if (Buffer.byteLength(data) > callbackLimitBytes) return undefined;
  const colon = data.indexOf(':');
  const verb = callbackVerbs.find((known) => known === data.slice(0, Math.max(0, colon)));
  const id = data.slice(colon + 1);
  return verb === undefined || id === '' ? undefined : { verb, id };
}

const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g;
/** Overrides and isolates would reverse our own words next to the text. */
const bidiControls = /[\u202A-\u202E\u2066-\u2069]/g;
/** Combining marks that pile up on one letter, and joiners between them. */
const tooManyMarks = /([\p{M}\p{Join_Control}]{8})[\p{M}\p{Join_Control}]+/gu;

let segmenter: Intl.Segmenter | undefined;
/** The visible characters. Made when they are needed: the first segmenter takes milliseconds and memory. */
const graphemes = (text: string) => (segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })).segment(text);

/** Characters that show nothing; the blank Braille pattern only looks empty. */
const invisible = /[\s\p{Default_Ignorable_Code_Point}\p{M}\p{Cc}\p{Co}\u{2800}]/gu;

/** Whether anything of the text can be seen. */
export function isVisible(text: string): boolean {
  return text.replaceAll(invisible, '') !== '';
}

/** What Telegram makes a link of: a name, a tag, a command, an address. */
const liveStarts =
  /(?<![\p{L}\p{N}])[@#$](?=[\p{L}\p{N}_])|(?<![\p{L}\p{N}_<>])\/(?=\w)|:\/(?=\/)|(?<=[\p{L}\p{N}_-])[.@](?=[\p{L}\p{N}])/gu;
const wordJoiner = '\u2060';

/** Foreign text in which no name, tag, command or address is a link: nobody is called, and nothing is opened. */
export function withoutLinks(text: string): string {
  return text.replaceAll(liveStarts, `$&${wordJoiner}`);
}

/** Foreign text that is safe next to ours: well-formed, without control characters and bidi overrides. */
export function shownText(text: string): string {
  return text.toWellFormed().replaceAll(controls, '').replaceAll(bidiControls, '').replaceAll(tooManyMarks, '$1');
}

/**
 * The same, trimmed and at most `maxUnits` UTF-16 units long; a cut text ends with an ellipsis and never inside
 * a visible character. The work is bounded by the limit, not by the text.
 */
export function excerpt(text: string, maxUnits: number): string {
  const prefix = text.slice(0, maxUnits * 8);
  const shown = shownText(endsInHalf(prefix) ? prefix.slice(0, -1) : prefix).trim();
  if (shown.length <= maxUnits && prefix.length === text.length) return shown;
  return `${cut(shown, maxUnits - 1).trimEnd()}…`;
}

/**
 * A long text in pieces of at most `maxUnits`, each ending at a line or a word where one ends in its second half. Text
 * beyond `maxPieces` is cut off with an ellipsis. An empty text is one empty piece.
 */
export function piecesOf(text: string, maxUnits: number, maxPieces: number): readonly [string, ...string[]] {
  let rest = shownText(text).trim();
  const pieces: string[] = [];
  while (rest.length > maxUnits && pieces.length < maxPieces - 1) {
    const whole = cut(rest.slice(0, maxUnits * 2), maxUnits);
    const end = Math.max(whole.lastIndexOf('\n'), whole.lastIndexOf(' '));
    const piece = end > maxUnits / 2 ? whole.slice(0, end) : whole;
    pieces.push(piece.trimEnd());
    rest = rest.slice(piece.length).trimStart();
  }
  const last = rest.length <= maxUnits ? rest : `${cut(rest.slice(0, maxUnits * 2), maxUnits - 1).trimEnd()}…`;
  const [first = last, ...others] = pieces;
  return pieces.length === 0 ? [last] : [first, ...others, last];
}

function cut(text: string, maxUnits: number): string {
  let kept = '';
  for (const { segment } of graphemes(text)) {
    if (kept.length + segment.length > maxUnits) {
      return kept === '' ? cutInside(segment, maxUnits) : kept;
    }
    kept += segment;
  }
  return kept;
}

/** One visible character can be longer than the limit (joined emoji): then it is cut between code points. */
function cutInside(grapheme: string, maxUnits: number): string {
  const part = grapheme.slice(0, maxUnits);
  return endsInHalf(part) ? part.slice(0, -1) : part;
}

function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

/** HTML of our own, which is not escaped again. */
export class Safe {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

/** Marks HTML as our own; never pass it text that a person or a provider wrote. */
export function safe(html: string): Safe {
  return new Safe(html);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}

/** HTML of ours as it is shown, for places without markup. */
export function plainText(html: string): string {
  const marks = Object.entries(entities).map(([mark, entity]) => [entity, mark] as const);
  const named = new Map(marks);
  return html.replaceAll(/<[^<>]*>/g, '').replaceAll(/&(?:amp|lt|gt|quot);/g, (entity) => named.get(entity) ?? entity);
}

/** The length in UTF-16 units that Telegram counts: without tags, an entity as one character. */
export function shownLength(html: string): number {
  return html.replaceAll(/<[^<>]*>/g, '').replaceAll(/&(?:amp|lt|gt|quot);/g, '&').length;
}
