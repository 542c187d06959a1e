import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// What Node makes of the source is kept beside the packages, out of reach of other users of the machine: the next start
// takes two thirds of the time and some 10 MB less. Where the folder cannot be written nothing is kept. Only what is
// imported after this line is found there.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'darkroom'));
const { installLastResort } = await import('./cli/last-resort.ts');
const { runProgram } = await import('./cli/program.ts');
const { processContext } = await import('./cli/process-context.ts');

const redactor = installLastResort();
await runProgram(process.argv.slice(2), processContext(), redactor);
