import { expect, test } from 'vitest';
import { createInbox } from '../../../src/storage/stores/inbox.ts';
import { anEngine } from '../sqlite/an-engine.ts';
import { createPersonalData } from '../../../src/storage/stores/personal-data.ts';
import { accepted, aRequest, claimed, roomy, startMs } from '../../conformance/requests.ts';
import { onBothEngines } from '../on-both-engines.ts';

const dayMs = 86_400_000;

onBothEngines(({ open }) => {
  test('a job is named by its update, and neither its end nor its removal lets the update make another (Q11)', async () => {
    await using store = await open();
    const { database } = store;
    const [engine, inbox] = [anEngine(database), createInbox(database)];
    const data = createPersonalData(database);
    const update = { updateId: 730_114_001, body: '{}' };
    const comes = async (nowMs: number) => (await inbox.keep([update], nowMs)).length;
    expect(await comes(startMs)).toBe(1);
    const { id } = await accepted(engine, update);
    expect(id).toBe('tg-730114001');
    await inbox.handled(update.updateId);

    const claim = await claimed(engine);
    expect(await engine.queue.accept(aRequest(update), roomy)).toMatchObject({ kind: 'known', job: { id } });
    await engine.queue.settle(claim.lease, { kind: 'cancelled' });
    expect(await engine.queue.accept(aRequest(update), roomy)).toMatchObject({ kind: 'known', job: { id } });

    await data.drop([id], startMs);
    expect(await engine.reader.find(id)).toBeUndefined();
    expect(await comes(startMs + 6 * dayMs)).toBe(0);
    // Telegram restarts ids at random after a week of silence: then it is somebody else's.
    expect(await comes(startMs + 8 * dayMs)).toBe(1);
    expect((await accepted(engine.at(startMs + 8 * dayMs), update)).id).toBe(id);
  });
});
