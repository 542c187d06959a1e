import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import type { BucketConfig } from '../../config/bucket-settings.ts';
import type { OpenedResult } from '../../domain/media.ts';
import type { Clock } from '../../kit/clock.ts';
import { newKey, placeOf, publicUrlOf } from '../../media/bucket/object-address.ts';
import type { BucketReply } from '../../media/bucket/s3-bucket.ts';
import { openBucket } from '../open-copies.ts';

/** What the check of a bucket does, in order. */
export type BucketStep = 'write' | 'read' | 'delete';

export type BucketCheck = {
  /** The first step that failed; absent when all of them succeeded. */
  readonly failed?: Extract<BucketReply, { ok: false }> & { readonly step: BucketStep };
  /** The object that could not be deleted. */
  readonly left?: string;
  /** What the public address answers; absent without one, and where nothing could be written. */
  readonly published?: 'same' | 'other-bytes' | { readonly says: string };
  readonly ms: number;
};

export type CheckBucketOptions = Pick<Config, 'proxies'> & { readonly clock: Clock; readonly signal: AbortSignal };

const publicMs = 15_000;

/** Writes a small object, reads it back with the access key and from its public address without one, and deletes it. */
export async function checkBucket(settings: BucketConfig, options: CheckBucketOptions): Promise<BucketCheck> {
  const { clock, signal } = options;
  await using opened = await openBucket(settings, options);
  const { bucket, send } = opened;
  const startedMs = clock.monotonicMs();
  const key = newKey(settings, '.txt');
  const words = Buffer.from(`darkroom doctor ${randomUUID()}\n`);
  const written = await bucket.put(key, fileOf(words), 'text/plain', signal);
  if (!written.ok) return { failed: { ...written, step: 'write' }, ms: clock.monotonicMs() - startedMs };
  const read = await bucket.get(key, signal);
  const url = publicUrlOf(settings, key);
  const published = url === undefined ? undefined : await publicAnswer(url);
  const deleted = await bucket.delete(key, signal);
  const failed = !read.ok
    ? ({ ...read, step: 'read' } as const)
    : !words.equals(read.body)
      ? ({ ok: false, why: 'protocol', detail: 'it gives other bytes than it was given', step: 'read' } as const)
      : deleted.ok
        ? undefined
        : ({ ...deleted, step: 'delete' } as const);
  return {
    ms: clock.monotonicMs() - startedMs,
    ...(failed === undefined ? {} : { failed }),
    ...(published === undefined ? {} : { published }),
    ...(deleted.ok ? {} : { left: key }),
  };

  async function publicAnswer(address: string): Promise<NonNullable<BucketCheck['published']>> {
    using deadline = clock.deadline(publicMs, signal);
    const call = { method: 'GET', url: address, headers: {}, signal: deadline, bodyLimitBytes: 100_000 } as const;
    const answer = await send(call);
    switch (answer.kind) {
      case 'answer':
        if (answer.status !== 200) return { says: `answers HTTP ${answer.status}` };
        return words.equals(answer.body) ? 'same' : 'other-bytes';
      case 'too-large':
        return 'other-bytes';
      case 'timed-out':
        return { says: 'does not answer in time' };
      case 'unreachable':
      case 'cut':
      case 'malformed':
        return { says: `does not answer (${answer.detail})` };
    }
  }
}

/** Tells the buckets of settings and of stored copies apart. */
export function bucketPlace(settings: BucketConfig | undefined): string | undefined {
  return settings === undefined ? undefined : placeOf(settings);
}

function fileOf(bytes: Buffer): OpenedResult {
  return {
    bytes: bytes.byteLength,
    stream: async function* stream() {
      yield bytes;
    },
  };
}
