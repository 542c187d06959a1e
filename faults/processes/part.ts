// One part of the campaign in a process of its own: the arguments are its name and the seed.
import type { Part } from '../check.ts';
import { fullAnswers, fuzzAnswers } from '../fuzz-answers.ts';
import type { PartMessage } from '../own-process.ts';
import { fullHour, virtualHour } from '../virtual-hour.ts';

const parts: Readonly<Record<string, Part['run']>> = {
  'fuzz-answers': (options) => fuzzAnswers(fullAnswers, options),
  'virtual-hour': (options) => virtualHour(fullHour, options),
};

const [name = '', seed] = process.argv.slice(2);
const run = parts[name];
if (run === undefined) throw new Error(`Cannot run the part "${name}"; there are ${Object.keys(parts).join(', ')}`);

function say(said: PartMessage): void {
  process.send?.(said);
}

const report = await run({ seed: Number(seed), progress: (line) => say({ kind: 'progress', line }) });
say({ kind: 'report', report });
process.disconnect();
