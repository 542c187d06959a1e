import type { ApiCall } from './api-call.ts';
import { badRequest } from '../api-error.ts';
import { mediaKinds, type MediaKind } from '../files/file-store.ts';
import { readText } from '../text/read-text.ts';
import { resolveFile } from '../files/resolve-file.ts';
import { checkCaption } from '../text/formatted-text.ts';
import type { Content } from '../messages/stored-message.ts';

type MediaContent = Extract<Content, { kind: 'media' }>;
type Item = Readonly<Record<string, unknown>>;

/** Parses one `InputMedia` with its file and caption; throws 400 when it is malformed. */
export function readMediaItem({ state, params }: ApiCall, item: Item): MediaContent {
  const kind = item['type'];
  // There is no InputMedia of a voice message: none can be edited into one.
  if (!isMediaKind(kind) || kind === 'voice') throw badRequest("can't parse InputMedia: media type is invalid");
  const caption = readText(text(item['caption']), text(item['parse_mode']), item['caption_entities'] ?? undefined);
  const file = resolveFile(state.files, params, {
    kind,
    field: '',
    reference: text(item['media']),
    width: number(item['width']),
    height: number(item['height']),
    durationS: number(item['duration']),
    ...(kind === 'audio' ? namesOf(text(item['title']), text(item['performer'])) : {}),
  });
  return {
    kind: 'media',
    file,
    caption: checkCaption(caption),
    captionAbove: item['show_caption_above_media'] === true,
    spoiler: item['has_spoiler'] === true,
  };
}

/** The same for an item of an album, which cannot be an animation or a voice note. */
export function readAlbumItem(call: ApiCall, item: Item): MediaContent {
  if (item['type'] === 'animation' || item['type'] === 'voice') {
    throw badRequest(`type "${item['type']}" can't be used in sendMediaGroup`);
  }
  return readMediaItem(call, item);
}

/** How the sender names music; empty words name nothing. */
export function namesOf(title: string, performer: string): { readonly title?: string; readonly performer?: string } {
  return { ...(title === '' ? {} : { title }), ...(performer === '' ? {} : { performer }) };
}

function isMediaKind(value: unknown): value is MediaKind {
  return (mediaKinds as readonly unknown[]).includes(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
