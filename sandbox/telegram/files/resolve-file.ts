import { badRequest } from '../api-error.ts';
import type { CallParams, UploadedFile } from '../call-params.ts';
import type { FileStore, MediaKind, StoredFile } from './file-store.ts';
import { readImageHeader } from './image-header.ts';
import { soundForms, soundMime } from './sound-header.ts';
import { limits } from '../limits.ts';

export type FileRequest = {
  readonly kind: MediaKind;
  /** The name of the parameter that holds the file; for an item of an album, the field that refers to it. */
  readonly field: string;
  /** `attach://name`, a file id or a URL; empty when the parameter holds the file itself. */
  readonly reference: string;
  readonly width: number;
  readonly height: number;
  readonly durationS: number;
  readonly title?: string;
  readonly performer?: string;
};

/**
 * Returns the file that a call refers to: uploaded with the call, or sent earlier and named by its id. Throws 400 when
 * there is none or its kind does not fit.
 */
export function resolveFile(fileStore: FileStore, params: CallParams, request: FileRequest): StoredFile {
  const attached = /^attach:\/\/(.+)$/.exec(request.reference)?.[1];
  const uploaded = params.files.get(attached ?? request.field);
  if (uploaded !== undefined) return addUpload(fileStore, uploaded, request);
  if (request.reference === '' || attached !== undefined)
    throw badRequest(`there is no ${request.kind} in the request`);
  if (/^https?:\/\//i.test(request.reference)) throw badRequest('failed to get HTTP URL content');
  const known = fileStore.find(request.reference);
  if (known === undefined) throw badRequest('wrong file identifier/HTTP URL specified');
  if (known.kind !== request.kind && (known.kind === 'photo' || request.kind === 'photo')) {
    throw badRequest(`can't use file of type ${capital(known.kind)} as ${capital(request.kind)}`);
  }
  return known;
}

/** Stores an upload after the checks of the real server; throws 400 for a photo that is too large or not a picture. */
export function addUpload(
  fileStore: FileStore,
  file: UploadedFile,
  request: Omit<FileRequest, 'field' | 'reference'>,
): StoredFile {
  const { bytes, name } = file;
  if (bytes.byteLength === 0) throw badRequest('file must be non-empty');
  const { durationS } = request;
  if (request.kind === 'photo') {
    return fileStore.add({ kind: 'photo', bytes, name, durationS: 0, ...checkedPhoto(bytes) });
  }
  if (request.kind === 'video' && !isMp4(bytes)) {
    const mime = 'application/octet-stream';
    return fileStore.add({ kind: 'document', bytes, name, mime, width: 0, height: 0, durationS: 0 });
  }
  const sound = soundMime(bytes);
  if (request.kind === 'audio' || request.kind === 'voice') {
    const isFit = sound !== undefined && soundForms[request.kind].has(sound);
    const kind = isFit ? request.kind : 'document';
    const mime = sound ?? 'application/octet-stream';
    const { title, performer } = request;
    const named = { ...(title === undefined ? {} : { title }), ...(performer === undefined ? {} : { performer }) };
    return fileStore.add({ kind, bytes, name, mime, width: 0, height: 0, durationS, ...(isFit ? named : {}) });
  }
  const header = readImageHeader(bytes);
  const mime = sound ?? header?.mime ?? (isMp4(bytes) ? 'video/mp4' : 'application/octet-stream');
  const { width, height } = header ?? request;
  return fileStore.add({ kind: request.kind, bytes, name, mime, width, height, durationS });
}

function checkedPhoto(bytes: Uint8Array): { mime: string; width: number; height: number } {
  if (bytes.byteLength > limits.photoBytes) {
    throw badRequest(
      `file of size ${bytes.byteLength} bytes is too big for a photo; the maximum size is ${limits.photoBytes} bytes`,
    );
  }
  const header = readImageHeader(bytes);
  if (header === undefined) throw badRequest('IMAGE_PROCESS_FAILED');
  const { mime, width, height } = header;
  const ratio = Math.max(width / height, height / width);
  if (width + height > limits.photoSidesPx || ratio > limits.photoRatio) throw badRequest('PHOTO_INVALID_DIMENSIONS');
  const scale = Math.min(1, limits.photoLongestSidePx / Math.max(width, height));
  return { mime, width: Math.round(width * scale), height: Math.round(height * scale) };
}

function isMp4(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(4, 8)).toString('latin1') === 'ftyp';
}

function capital(kind: string): string {
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
}
