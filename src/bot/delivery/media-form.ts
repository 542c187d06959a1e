import type { Job } from '../../domain/job.ts';
import { type Carrier, traitsOf } from '../../domain/kinds.ts';
import type { MediaFile, OpenedResult } from '../../domain/media.ts';

/** `fitting`: as what it is, when Telegram's limits allow; `document`: untouched, as a file. */
export type SendAs = 'fitting' | 'document';

/** Telegram's limits of a photo: bytes, width + height in pixels, and the ratio of the two. */
const photoLimitBytes = 10 * 1024 * 1024;
const photoLimitSides = 10_000;
const photoLimitRatio = 20;

/** The kind of message that carries a file. */
export type Form = 'photo' | 'video' | 'animation' | 'audio' | 'voice' | 'document';

/** A file of a result with its bytes, which are read again for each call to Telegram. */
export type ShownFile = {
  readonly file: MediaFile;
  readonly opened: OpenedResult;
  /** What it is called where the file itself does not say; players show a sound under it. */
  readonly title?: string;
};

/** The form of the carrier where Telegram accepts this file in it, otherwise a document. */
export function formOf(file: MediaFile, carrier: Carrier, as: SendAs): Form {
  if (as === 'document') return 'document';
  if (file.mime === 'image/gif' && (carrier === 'photo' || carrier === 'video')) return 'animation';
  switch (carrier) {
    case 'photo':
      return photoTypes.has(file.mime) && fitsPhoto(file) ? 'photo' : 'document';
    case 'video':
      return file.mime === 'video/mp4' ? 'video' : 'document';
    case 'audio':
      // Telegram shows these as music; an Ogg file it plays as a voice message alone.
      if (file.mime === 'audio/mpeg' || file.mime === 'audio/mp4') return 'audio';
      return file.mime === 'audio/ogg' ? 'voice' : 'document';
    case 'voice':
      return file.mime === 'audio/ogg' ? 'voice' : 'document';
    case 'text':
    case 'document':
      return 'document';
  }
}

/** Telegram decodes these; every other picture arrives as a file. */
const photoTypes: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp']);

function fitsPhoto({ bytes, width, height }: MediaFile): boolean {
  if (bytes > photoLimitBytes) return false;
  if (width === undefined || height === undefined) return true;
  return width + height <= photoLimitSides && Math.max(width, height) <= photoLimitRatio * Math.min(width, height);
}

/** What clients show of a moving picture before it is loaded: without these a square of 0:00. Absent where unknown. */
export function shownAs(file: MediaFile) {
  const { width, height } = file;
  return { ...(width === undefined || height === undefined ? {} : { width, height }), ...lastingFor(file) };
}

/** What players show of a sound: without a title the name of the file. Absent where unknown. */
export function heardAs({ file, title = file.title }: ShownFile) {
  const { performer } = file;
  return {
    ...(title === undefined ? {} : { title }),
    ...(performer === undefined ? {} : { performer }),
    ...lastingFor(file),
  };
}

/** How long it lasts, in whole seconds as Telegram takes them. */
export function lastingFor({ durationMs }: MediaFile) {
  return durationMs === undefined ? {} : { duration: Math.max(1, Math.round(durationMs / 1000)) };
}

/** The longest title that is made of the words of a request. */
const titleLength = 64;

/** The title of a sound: the person's, else the one in the file, else the first words of the request. */
function titleFor({ options, prompt }: Job, { title }: MediaFile): string | undefined {
  const [line = ''] = prompt.trim().split('\n');
  const start = line.slice(0, titleLength - 1).toWellFormed();
  const words = line.length <= titleLength ? line : `${start.trimEnd()}…`;
  return [options?.title, title, words].find((one) => one !== undefined && one !== '');
}

/** The file with the title under which it is shown. */
export function named(job: Job, shown: ShownFile): ShownFile {
  const title = shown.file.kind === 'audio' ? titleFor(job, shown.file) : undefined;
  return title === undefined ? shown : { ...shown, title };
}

/** False for a file that is shown as a voice message: no message can be edited into one. */
export function canReplaceText(file: MediaFile, { kind }: Job): boolean {
  return formOf(file, traitsOf(kind).carrier, 'fitting') !== 'voice';
}
