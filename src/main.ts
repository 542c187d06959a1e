import { installLastResort } from './cli/last-resort.ts';
import { runProgram } from './cli/program.ts';
import { processSurroundings } from './cli/surroundings.ts';

const redactor = installLastResort();
await runProgram(process.argv.slice(2), processSurroundings(), redactor);
