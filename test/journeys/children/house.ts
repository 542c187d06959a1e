import { writeSync } from 'node:fs';
import { openHouse } from '../../../src/app.ts';
import { parseConfig } from '../../../src/config.ts';
import { readKeys } from '../../../src/keys/read-keys.ts';
import { systemClock } from '../../../src/kit/clock.ts';

/** The real house in a process of its own, to be killed; each event is a line of JSON, written before it goes on. */
const { env } = process;
const house = await openHouse({
  config: parseConfig(env),
  keys: readKeys(env).keys,
  clock: systemClock,
  random: Math.random,
  tell: (event) => void writeSync(1, `${JSON.stringify(event)}\n`),
});
await house.broken;
