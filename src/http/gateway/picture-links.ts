import { createReadStream } from 'node:fs';
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '../../kit/clock.ts';
import { makeFolder } from '../../kit/files.ts';
import type { Area } from '../gate.ts';
import { gateRefusal } from './refusal.ts';

/** How long a link works, as long as OpenAI's. */
const lifeMs = 3_600_000;
/** The most that is kept for links, oldest dropped first. */
const maxKeptBytes = 512 * 1024 * 1024;
const prefix = '/v1/pictures/';
/** 256 random bits: only those who were given one know it. */
const linkPath = /^\/v1\/pictures\/([A-Za-z0-9_-]{43})\.(png|jpg|webp|gif|avif)$/;
const extensions: ReadonlyMap<string, string> = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['image/avif', 'avif'],
]);
const mimes = new Map([...extensions].map(([mime, extension]) => [extension, mime]));

/**
 * Pictures that a link of ours leads to for an hour. The id in a link is all that is needed to read its picture and is
 * stored nowhere: the file is named by the digest of it, and its time is when it was made.
 */
export class PictureLinks implements Disposable {
  readonly #directory: string;
  readonly #clock: Clock;
  #timer: Disposable | undefined;

  constructor({ directory, clock }: { readonly directory: string; readonly clock: Clock }) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Keeps a picture and returns the path of its link; undefined for a type that no browser shows. */
  async keep(bytes: Uint8Array, mime: string): Promise<string | undefined> {
    const extension = extensions.get(mime);
    if (extension === undefined) return undefined;
    makeFolder(this.#directory);
    await this.#sweep(maxKeptBytes - bytes.byteLength);
    const id = randomBytes(32).toString('base64url');
    const path = this.#fileOf(id, extension);
    await writeFile(path, bytes, { mode: 0o600 });
    const made = new Date(this.#clock.now());
    await utimes(path, made, made);
    this.#timer ??= this.#clock.schedule(lifeMs, () => {
      this.#timer = undefined;
      void this.#sweep(maxKeptBytes).catch(() => undefined);
    });
    return `${prefix}${id}.${extension}`;
  }

  /** The part of the API where links lead: no token is asked for, and nothing but a known link is answered. */
  get area(): Area {
    return {
      prefix,
      isOpen: true,
      digests: () => [],
      maxBodyBytes: 0,
      refusalBody: gateRefusal,
      answer: ({ method, target }, { outgoing }) => {
        void this.#send(target.split('?', 1)[0] ?? '', method === 'HEAD', outgoing).catch(() => outgoing.destroy());
        return true;
      },
    };
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  async #send(path: string, isHead: boolean, outgoing: ServerResponse): Promise<void> {
    const [, id = '', extension = ''] = linkPath.exec(path) ?? [];
    const file = id === '' ? undefined : this.#fileOf(id, extension);
    const facts = file === undefined ? undefined : await stat(file).catch(() => undefined);
    const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    if (file === undefined || facts === undefined || facts.mtimeMs + lifeMs <= this.#clock.now()) {
      outgoing.writeHead(404, { ...always, 'content-type': 'application/json' }).end(isHead ? '' : gateRefusal(404));
      return;
    }
    outgoing.writeHead(200, {
      ...always,
      'content-type': mimes.get(extension) ?? 'application/octet-stream',
      'content-length': facts.size,
      'content-security-policy': "default-src 'none'; sandbox",
    });
    if (isHead) outgoing.end();
    else
      createReadStream(file)
        .on('error', () => outgoing.destroy())
        .pipe(outgoing);
  }

  #fileOf(id: string, extension: string): string {
    return join(this.#directory, `${hash('sha256', id)}.${extension}`);
  }

  /** Removes what has expired, and the oldest until what is left is no more than `maxBytes`. */
  async #sweep(maxBytes: number): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const known = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#directory, name);
        const facts = await stat(path).catch(() => undefined);
        return facts === undefined ? [] : [{ path, madeMs: facts.mtimeMs, bytes: facts.size }];
      }),
    );
    let left = maxBytes;
    for (const { path, madeMs, bytes } of known.flat().toSorted((one, other) => other.madeMs - one.madeMs)) {
      left -= bytes;
      if (left < 0 || madeMs + lifeMs <= this.#clock.now()) await rm(path, { force: true });
    }
  }
}
