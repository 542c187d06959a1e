import { randomBytes } from 'node:crypto';

export const mediaKinds = ['photo', 'video', 'document', 'animation', 'audio', 'voice'] as const;
export type MediaKind = (typeof mediaKinds)[number];

/** One file as Telegram stores it. */
export type StoredFile = {
  readonly fileId: string;
  readonly uniqueId: string;
  readonly kind: MediaKind;
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly mime: string;
  readonly width: number;
  readonly height: number;
  readonly durationS: number;
  /** Of music, as the sender names it. */
  readonly title?: string;
  readonly performer?: string;
  /** The path that `getFile` returns for the download. */
  readonly path: string;
};

export type NewFile = Omit<StoredFile, 'fileId' | 'uniqueId' | 'path'>;

const idPrefixes = {
  photo: 'AgACAgI',
  video: 'BAACAgI',
  document: 'BQACAgI',
  animation: 'CgACAgI',
  audio: 'CQACAgI',
  voice: 'AwACAgI',
} as const satisfies Record<MediaKind, string>;

/** Stores the files of all chats and finds them by id or by path. */
export class FileStore {
  readonly #byId = new Map<string, StoredFile>();
  readonly #byPath = new Map<string, StoredFile>();

  add(file: NewFile): StoredFile {
    const number = this.#byPath.size;
    const extension = /\.[a-z0-9]{1,8}$/i.exec(file.name)?.[0] ?? '.dat';
    const stored: StoredFile = {
      ...file,
      fileId: `${idPrefixes[file.kind]}${randomBytes(30).toString('base64url')}`,
      uniqueId: `AQAD${randomBytes(8).toString('base64url')}`,
      path: `${file.kind}s/file_${number}${extension}`,
    };
    this.#byId.set(stored.fileId, stored);
    this.#byPath.set(stored.path, stored);
    return stored;
  }

  find(fileId: string): StoredFile | undefined {
    return this.#byId.get(fileId);
  }

  /** From now on no call may name a file of before by its id: Telegram promises no id for ever. */
  forgetIds(): void {
    this.#byId.clear();
  }

  at(path: string): StoredFile | undefined {
    return this.#byPath.get(path);
  }
}
