import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { Dispatcher } from 'undici';
import { fixedPicture } from './fixed-picture.ts';
import { spliced } from './spliced-bytes.ts';

/** The response of a media host to a download. */
export type FuzzedFile = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The connection breaks after the body, or instead of it. */
  readonly cut: boolean;
};

const pictures = join(import.meta.dirname, '..', 'test', 'fixtures', 'pictures');
const files = [
  Buffer.from(fixedPicture),
  ...['lossless.webp', 'moving.webp', 'profile.jpg', 'profile.webp', 'restarts.jpg', 'see-through.webp'].map((name) =>
    readFileSync(join(pictures, name)),
  ),
  // The smallest file that passes for a video.
  Buffer.from('000000186674797069736f6d0000020069736f6d69736f32', 'hex'),
  Buffer.from('<!doctype html><title>Not Found</title>'),
];

const body = fc
  .tuple(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...files) },
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    ),
    fc.array(
      fc.record({
        at: fc.nat(),
        drop: fc.oneof(fc.nat({ max: 8 }), fc.constant(Infinity)),
        put: fc.array(fc.nat({ max: 255 }), { maxLength: 4 }),
      }),
      { maxLength: 2 },
    ),
  )
  .map(([bytes, cuts]) => cuts.reduce(spliced, bytes));

const locations = [
  'https://cdn.example.com/b.png',
  '/c.png',
  'http://cdn.example.com/d.png',
  'http://127.0.0.1:9/e.png',
  'http://[::ffff:7f00:1]/f.png',
  'gopher://cdn.example.com/',
  'https://cdn.example.com/\u0000',
  '//169.254.169.254/',
  '',
] as const;

/** Any file, good or broken, behind any status and headers. */
export const fuzzedFile: fc.Arbitrary<FuzzedFile> = fc.record({
  status: fc.oneof(
    { weight: 6, arbitrary: fc.constant(200) },
    { weight: 2, arbitrary: fc.constantFrom(301, 302, 307, 404, 403, 429, 500, 503) },
    { weight: 1, arbitrary: fc.integer({ min: 200, max: 999 }) },
  ),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    {
      weight: 2,
      arbitrary: fc.dictionary(
        fc.constantFrom('content-length', 'content-type', 'content-encoding', 'location'),
        fc.oneof(
          fc.constantFrom<string>(...locations),
          fc.constantFrom('0', '-1', 'NaN', '99999999999', 'gzip', 'identity', 'image/png', 'text/html'),
        ),
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom(...locations).map((location) => ({ location })) },
  ),
  body,
  cut: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
});

/** A media host that returns the same file to every request and records the hosts. */
export class FuzzedHost extends Dispatcher {
  readonly asked: string[] = [];
  readonly #file: FuzzedFile;

  constructor(file: FuzzedFile) {
    super();
    this.#file = file;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.asked.push(String(options.origin));
    const controller = new OneAnswer(handler);
    const { status, headers, body, cut } = this.#file;
    handler.onRequestStart?.(controller, {});
    controller.next(() => handler.onResponseStart?.(controller, status, { ...headers }, ''));
    const half = body.byteLength >> 1;
    for (const chunk of [body.subarray(0, half), body.subarray(half)]) {
      if (chunk.byteLength > 0) controller.next(() => handler.onResponseData?.(controller, chunk));
    }
    controller.next(() => {
      if (cut) controller.abort(Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }));
      else handler.onResponseEnd?.(controller, {});
    });
    return true;
  }
}

/** Delivers the response piece by piece until the client aborts. */
class OneAnswer implements Dispatcher.DispatchController {
  readonly #handler: Dispatcher.DispatchHandler;
  #reason: Error | null = null;
  #said = Promise.resolve();

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get paused(): boolean {
    return false;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  next(say: () => void): void {
    this.#said = this.#said.then(() => {
      if (this.#reason === null) say();
    });
  }

  abort(reason: Error): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#handler.onResponseError?.(this, reason);
  }

  pause(): void {}

  resume(): void {}
}
