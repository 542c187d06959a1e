import { jobId, keyId } from '../../src/domain/ids.ts';
import type { Job } from '../../src/domain/job.ts';
import type { PoolKey } from '../../src/keys/sources/identify-keys.ts';
import { Secret } from '../../src/kit/secret.ts';

/** A key of the pool with number `place`; the other fields have usual values. */
export function aKey(place: number, more: Partial<PoolKey> = {}): PoolKey {
  return {
    id: keyId(`id-${place}`),
    name: `bytez #${place}`,
    hint: '…',
    provider: 'bytez',
    place,
    secret: new Secret(`secret-of-key-${place}`),
    weight: 1,
    seats: 1,
    ...more,
  };
}

/** A running job of person 7, made from words alone; the other fields have usual values. */
export function aJob(more: Partial<Job> = {}): Job {
  return {
    id: jobId('tg-1'),
    kind: 'image',
    prompt: 'a fox',
    lane: 'free',
    locale: 'en',
    updateId: 1,
    origin: { chatId: 7, chatType: 'private', userId: 7, messageId: 1 },
    line: 'bytez',
    state: { kind: 'running' },
    progress: { candidate: 0, attempts: 0, calls: 0 },
    acceptedAtMs: 0,
    ...more,
  };
}
