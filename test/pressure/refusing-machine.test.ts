import { expect, test, vi } from 'vitest';
import { answerTo, pictures, picturesOf, runs, troubles, until } from '../journeys/talk.ts';
import { fromBot, wordsOf } from '../support/test-app.ts';
import { canBePressed, openPressedHouse, type PressedHouse, pressures } from './pressed-app.ts';

const ready = (house: PressedHouse, status: number) =>
  vi.waitUntil(async () => (await house.readiness()) === status, { interval: 50, timeout: 20_000 });

test.for(pressures.filter(canBePressed))(
  '%s: the house refuses kindly, keeps what it took, and goes on by itself (Q5)',
  async (pressure) => {
    await using house = await openPressedHouse(pressure);
    const [ann, ben, cleo] = [house.person(7), house.person(8), house.person(9)];
    const hold = house.bytez.hold();
    await answerTo(ann, '/generate for Ann');
    await until(() => runs(house).length === 1);
    await answerTo(ben, '/generate for Ben');
    await ready(house, 200);

    await house.refuse();
    expect(wordsOf(await answerTo(cleo, '/generate for Cleo'))).toContain('I can’t take anything new right now');
    expect(wordsOf(await answerTo(cleo, '/help'))).toContain('/generate');
    hold.release();
    await ready(house, 503);
    await until(() => house.events.some(({ event }) => event === 'attempt.succeeded'));
    await house.allow();

    await Promise.all([pictures(ann), pictures(ben)]);
    await ready(house, 200);
    await answerTo(cleo, '/generate for Cleo at last');
    await pictures(cleo);
    expect([ann, ben, cleo].map((person) => picturesOf(person).map((one) => wordsOf(one).split('\n')[0]))).toEqual([
      ['for Ann'],
      ['for Ben'],
      ['for Cleo at last'],
    ]);
    expect(fromBot(ann.messages())).toHaveLength(1);
    expect(runs(house).map(({ prompt }) => prompt)).toEqual(['for Ann', 'for Ben', 'for Cleo at last']);
    const told = house.events.filter(({ event }) => event.startsWith('storage.'));
    expect(told.map(({ event }) => event)).toEqual(['storage.refuses', 'storage.recovered']);
    expect(troubles(house)).toEqual([]);
  },
);
