import { writeSync } from 'node:fs';
import { loggableError } from '../observability/describe-error.ts';
import { createRedactor, type Redactor } from '../observability/redaction/redactor.ts';

/** The exit code after an error that nothing handled. */
const unexpectedErrorCode = 1;

/** The part of the process that is used here. */
type Process = Pick<NodeJS.Process, 'on' | 'removeAllListeners' | 'listenerCount' | 'report' | 'exit'>;

/**
 * Prints an uncaught error as text, never as an object: objects carry URLs with tokens, bodies and prompts. Then the
 * process ends; accepted jobs are in the database. Returns the redactor of this text, to which every secret has to be
 * added as soon as it is known.
 */
export function installLastResort(process_: Process = process, write = (text: string) => writeSync(2, text)): Redactor {
  const redactor = createRedactor([]);
  const print = (what: string, error: unknown) => {
    const { description, stack = '' } = loggableError(error);
    const text = [`${what}: ${description}`, ...stack.split('\n').filter((line) => line !== '')].join('\n    ');
    try {
      write(`${redactor.redact(text)}\n`);
    } catch {
      // The reader is gone and there is no other place to report to.
    }
  };
  const end = (error: unknown) => {
    print('Cannot continue', error);
    process_.exit(unexpectedErrorCode);
  };
  process_.on('uncaughtException', end);
  // Node would put a description of the whole reason into the message of an error of its own.
  process_.on('unhandledRejection', end);
  // There is no listener where warnings are switched off.
  if (process_.listenerCount('warning') > 0) {
    process_.removeAllListeners('warning');
    process_.on('warning', (warning) => print('Warning', warning));
  }
  if (process_.report !== undefined) process_.report.excludeEnv = true;
  // Without a listener Node opens its debugger at this signal, and with it all of the memory.
  process_.on('SIGUSR1', () => undefined);
  return redactor;
}
