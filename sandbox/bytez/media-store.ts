import type { Random } from '../../src/kit/backoff.ts';
import { html, type HttpOutcome, type Reply } from './responses.ts';
import { isMediaHostFault, type FaultEffect } from './bytez-fault.ts';

export type MediaType = 'png' | 'mp4' | 'wav';

type Item = {
  readonly bytes: Uint8Array;
  readonly type: MediaType;
  readonly effect: FaultEffect | undefined;
  asked: number;
};

const letters = 'useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict';
const maxStoredBytes = 256 * 1024 * 1024;
const chunkBytes = 64 * 1024;

export const contentTypes = { png: 'image/png', mp4: 'video/mp4', wav: 'audio/wav' } as const satisfies Record<
  MediaType,
  string
>;

/** The results as the media host serves them, without a key; the oldest are dropped when the store is full. */
export class MediaStore {
  readonly #items = new Map<string, Item>();
  readonly #random: Random;
  #heldBytes = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Stores a result; returns the path under which it can be fetched. */
  put(model: string, type: MediaType, bytes: Uint8Array, effect: FaultEffect | undefined): string {
    const name = Array.from({ length: 21 }, () => letters[Math.floor(this.#random() * 64)]).join('');
    const path = `/model/output/${model}/${name}.${type}`;
    this.#items.set(path, { bytes, type, effect, asked: 0 });
    this.#heldBytes += bytes.length;
    for (const [oldPath, old] of this.#items) {
      if (this.#heldBytes <= maxStoredBytes || oldPath === path) break;
      this.#items.delete(oldPath);
      this.#heldBytes -= old.bytes.length;
    }
    return path;
  }

  /** Returns the outcome of one download; 404 for an unknown path. */
  take(path: string): HttpOutcome {
    const item = this.#items.get(path);
    if (item === undefined) return gone;
    item.asked += 1;
    const whole: Reply = {
      kind: 'reply',
      status: 200,
      headers: { 'content-type': contentTypes[item.type] },
      body: item.bytes,
    };
    if (!isMediaHostFault(item.effect)) return whole;
    switch (item.effect.kind) {
      case 'gone-media':
        return item.asked <= (item.effect.times ?? Infinity) ? gone : whole;
      case 'cut-media':
        return item.asked <= (item.effect.times ?? Infinity) ? { kind: 'truncated', reply: whole } : whole;
      case 'half-media':
      case 'empty-media': {
        if (item.asked > (item.effect.times ?? Infinity)) return whole;
        const bytes = item.effect.kind === 'half-media' ? Math.floor(item.bytes.length / 2) : 0;
        return { ...whole, body: item.bytes.subarray(0, bytes) };
      }
      case 'stalled-media':
        return { kind: 'stalled', reply: whole };
      case 'html-media':
        return html(200, 'Just a moment');
      case 'redirect-media':
        return { kind: 'reply', status: 302, headers: { location: item.effect.to }, body: '' };
      case 'big-media':
        return {
          ...whole,
          headers:
            item.effect.chunked === true
              ? whole.headers
              : { ...whole.headers, 'content-length': String(item.effect.bytes) },
          body: padded(item.bytes, item.effect.bytes),
        };
    }
  }
}

const gone: Reply = {
  kind: 'reply',
  status: 404,
  headers: { 'content-type': 'application/xml' },
  body: '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>',
};

/** Yields the file, then zeros up to the size. */
function* padded(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  const zeros = new Uint8Array(chunkBytes);
  yield bytes.subarray(0, size);
  for (let left = size - bytes.length; left > 0; left -= chunkBytes)
    yield zeros.subarray(0, Math.min(left, chunkBytes));
}
