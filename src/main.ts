import { installLastResort } from './cli/last-resort.ts';
import { processContext } from './cli/process-context.ts';

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
