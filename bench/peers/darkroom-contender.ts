import { perKind } from '../../src/domain/kinds.ts';
import type { Emit } from '../../src/domain/events.ts';
import { type JobId, jobId } from '../../src/domain/ids.ts';
import type { Contender, Opened, Stage } from '../../simulator/contender.ts';
import { keyAt, promptOf } from '../../simulator/world.ts';
import { line } from '../bench-jobs.ts';
import { openBenchCore } from '../open-bench-core.ts';
import { createOpenAiProvider } from './openai-provider.ts';
import { model, limits } from './limits.ts';
import { startUpstream } from './upstream.ts';

/** One call where seats are what the row is about, as Bytez keys have it; plenty where they are not. */
const seatsHint = { scarce: 1, plenty: 4 } as const;
const modelCooldowns: ReadonlySet<string> = new Set(['cooling', 'benched', 'suspect']);

/** Darkroom: real service, lines, pool, maintenance, attempt loop and HTTP client, its database in memory. */
export const app: Contender = { name: 'Darkroom', kind: 'darkroom', open: openApp };

async function openApp({ world, clock, random, penalized }: Stage): Promise<Opened> {
  await using opening = new AsyncDisposableStack();
  const { baseUrl } = opening.use(await startUpstream(world));
  const emit: Emit = (event) => {
    if (event.event === 'app.error') throw new Error(`Cannot measure: ${event.what}`, { cause: event.error });
    if (event.event !== 'key.changed' || !modelCooldowns.has(event.state.kind)) return;
    penalized(Number(/(\d+)$/.exec(event.keyName)?.[1]), event.state.kind);
  };
  const core = opening.use(
    await openBenchCore({
      secrets: Array.from({ length: world.keys }, (_, index) => keyAt(index + 1).reveal()),
      seatsPerKey: world.scenario.seats === undefined ? seatsHint.plenty : seatsHint.scarce,
      providers: (http) => new Map([[line, createOpenAiProvider(baseUrl, http)]]),
      emit,
      clock,
      random,
      // Keys are tested at the start and now and then, as with an operator who set nothing.
      env: { IMAGE_CHAIN: `${line}:${model}`, KEYS_TEST_ON_START: 'on', HEALTH_CHECK_INTERVAL_S: '300' },
      config: { timeoutMs: perKind(() => limits.callMs), deadlineMs: perKind(() => limits.requestMs) },
    }),
  );
  const { service, storage } = core;
  const ended = new Map<JobId, () => void>();
  service.onEnded((id) => ended.get(id)?.());
  core.start();
  const opened = opening.move();
  return {
    ask: async (request, client) => {
      const id = jobId(`tg-${request}`);
      const ending = new Promise<void>((resolve) => ended.set(id, resolve));
      const accepted = await service.submit({
        kind: 'image',
        prompt: promptOf(request),
        lane: 'free',
        locale: 'en',
        updateId: request,
        origin: { chatId: client, chatType: 'private', userId: client, messageId: request },
      });
      if (accepted.kind !== 'accepted') return false;
      await ending;
      ended.delete(id);
      const state = (await storage.engine.reader.find(id))?.state;
      return state?.kind === 'ended' && state.outcome.kind === 'result';
    },
    [Symbol.asyncDispose]: async () => {
      await core.drain(AbortSignal.abort());
      await opened.disposeAsync();
    },
  };
}
