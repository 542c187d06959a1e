import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { openApp } from '../../../src/app/open-app.ts';
import { parseConfig } from '../../../src/config/config.ts';
import type { OnCheckpoint } from '../../../src/domain/job.ts';
import { readKeys } from '../../../src/keys/sources/read-keys.ts';
import { systemClock } from '../../../src/kit/clock.ts';
import type { Death } from '../killable-app.ts';

/** The real app in a process of its own, to be killed; each event is a line of JSON, written before it goes on. */
const { DEATH: death, ...env } = process.env;

const app = await openApp({
  config: parseConfig(env),
  keys: readKeys(env).keys,
  clock: systemClock,
  random: Math.random,
  emit: (event) => void writeSync(1, `${JSON.stringify(event)}\n`),
  ...(death === undefined ? {} : { onCheckpoint: dieAt(JSON.parse(death) as Death) }),
});
// It will be killed, and would leave nothing of what it compiled to the next one.
flushCompileCache();
await app.broken;

function dieAt({ point, spared, afterMs, by = 'SIGKILL' }: Death): OnCheckpoint {
  const die = () => void process.kill(process.pid, by);
  return (reached, jobId) => {
    if (reached !== point || spared.includes(jobId)) return;
    writeSync(1, `${JSON.stringify({ reached: jobId })}\n`);
    if (afterMs === 0) die();
    else setTimeout(die, afterMs);
  };
}
