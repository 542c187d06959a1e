import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Node's compiled code is cached in node_modules, out of reach of other users of the machine: the next start takes two
// thirds of the time and about 10 MB less. A folder that cannot be written disables the cache. Only modules that are
// imported after this line are cached.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'darkroom'));
const { installLastResort } = await import('./cli/last-resort.ts');
const { processContext } = await import('./cli/process-context.ts');

const redactor = installLastResort();
const words = process.argv.slice(2);
if (words.length === 1 && words[0] === 'start') {
  // The bot runs for months: it does without the parser of command lines and without all other commands.
  const { startAlone } = await import('./cli/start.ts');
  await startAlone(redactor, processContext());
} else {
  const { runProgram } = await import('./cli/program.ts');
  await runProgram(words, processContext(), redactor);
}
