import { expect, test } from 'vitest';
import { jobId } from '../../src/domain/ids.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { aRequest, claimed, roomy, startMs } from './requests.ts';

const dayMs = 86_400_000;

/** What an engine promises about taking jobs in. */
export function intakePromises(name: string, makeEngine: MakeEngine): void {
  test(`${name} accept() names the job after the update and answers how it stands`, async () => {
    await using app = await makeEngine();
    const request = aRequest({ updateId: 7 });
    const answer = await app.engine.queue.accept(request, roomy);
    const job = {
      ...request,
      id: jobId('tg-7'),
      state: { kind: 'waiting', readyAtMs: startMs },
      progress: { candidate: 0, attempts: 0, calls: 0 },
      acceptedAtMs: startMs,
    };
    expect(answer).toEqual({ kind: 'accepted', job, ahead: 0 });
    expect(await app.engine.reader.find(jobId('tg-7'))).toEqual(job);
  });

  test(`${name} accept() keeps topic, group and any well-formed words as they are`, async () => {
    await using app = await makeEngine();
    const request = {
      ...aRequest({ updateId: 7 }),
      prompt: `'; DROP TABLE jobs; -- 🦊 \u202Eعربي \u0001 ${'x'.repeat(4_000)}`,
      origin: { chatId: -1_001_234_567_890_123, chatType: 'group', userId: 2 ** 52, messageId: 5, threadId: 9 },
    } as const;
    await app.engine.queue.accept(request, roomy);
    expect(await app.engine.reader.find(jobId('tg-7'))).toMatchObject(request);
  });

  test(`${name} accept() keeps what was asked for beside the words`, async () => {
    await using app = await makeEngine();
    const options = { model: 'org/model', aspect: '16:9', seed: 2 ** 53 - 1, negative: `no "text" 🦊` } as const;
    await app.engine.queue.accept({ ...aRequest({ updateId: 7 }), options }, roomy);
    expect((await app.engine.reader.find(jobId('tg-7')))?.options).toEqual(options);
    expect((await claimed(app.engine)).job.options).toEqual(options);
  });

  test(`${name} accept() of a known update changes nothing, whatever has become of the job`, async () => {
    await using app = await makeEngine();
    const once = { waiting: 1, perDay: 1 };
    const request = aRequest({ updateId: 7, userId: 1 });
    await app.engine.queue.accept(request, once);
    const again = await app.engine.queue.accept({ ...request, prompt: 'other words' }, once);
    expect(again).toMatchObject({ kind: 'known', job: { prompt: request.prompt, state: { kind: 'waiting' } } });
    const { lease } = await claimed(app.engine);
    await app.engine.queue.settle(lease, { kind: 'cancelled' });
    expect(await app.engine.queue.accept(request, once)).toMatchObject({
      kind: 'known',
      job: { state: { kind: 'ended' } },
    });
    expect(await app.engine.queue.claim('bytez')).toBeUndefined();
  });

  test(`${name} accept() refuses more than the person may have waiting or running at once`, async () => {
    await using app = await makeEngine();
    const limits = { waiting: 2, perDay: -1 };
    const ask = (updateId: number, userId = 1) => app.engine.queue.accept(aRequest({ updateId, userId }), limits);
    await ask(1);
    await ask(2);
    await claimed(app.engine);
    expect(await ask(3)).toEqual({ kind: 'refused', code: 'queue-full' });
    expect(await ask(4, 2)).toMatchObject({ kind: 'accepted' });
    expect(await app.engine.reader.find(jobId('tg-3'))).toBeUndefined();
  });

  test(`${name} accept() counts pictures and videos of a UTC day apart and begins anew at midnight`, async () => {
    await using app = await makeEngine();
    const midnightMs = Math.ceil(startMs / dayMs) * dayMs;
    const ask = async (updateId: number, kind: 'image' | 'video', perDay: number, nowMs: number) => {
      const { queue } = app.engine.at(nowMs);
      const answer = await queue.accept(aRequest({ updateId, userId: 1, kind }), { waiting: 99, perDay });
      return answer.kind === 'refused' ? answer.code : answer.kind;
    };
    expect(await ask(1, 'image', 1, midnightMs - 1)).toBe('accepted');
    expect(await ask(2, 'image', 1, midnightMs - 1)).toBe('quota-reached');
    expect(await ask(3, 'video', 1, midnightMs - 1)).toBe('accepted');
    expect(await ask(4, 'image', 1, midnightMs)).toBe('accepted');
    expect(await ask(5, 'image', 0, midnightMs + dayMs)).toBe('quota-reached');
    expect(await ask(6, 'image', -1, midnightMs)).toBe('accepted');
  });

  test(`${name} accept() tells how many go before, across both lanes`, async () => {
    await using app = await makeEngine();
    const ahead = async (updateId: number, lane: 'premium' | 'free') => {
      const answer = await app.engine.queue.accept(aRequest({ updateId, lane }), roomy);
      return answer.kind === 'accepted' ? answer.ahead : answer.kind;
    };
    expect(await ahead(1, 'free')).toBe(0);
    expect(await ahead(2, 'premium')).toBe(0);
    expect(await ahead(3, 'premium')).toBe(1);
    expect(await ahead(4, 'free')).toBe(3);
    expect((await app.engine.reader.where(jobId('tg-1')))?.ahead).toBe(2);
    await claimed(app.engine);
    expect((await app.engine.reader.where(jobId('tg-1')))?.ahead).toBe(1);
    expect((await app.engine.reader.where(jobId('tg-2')))?.ahead).toBe(0);
    expect(await app.engine.reader.where(jobId('tg-99'))).toBeUndefined();
  });
}
