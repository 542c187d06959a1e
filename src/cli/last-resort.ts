import { writeSync } from 'node:fs';
import { loggableError } from '../observability/describe-error.ts';
import { createRedactor, type Redactor } from '../observability/redaction/redactor.ts';

/** The code of a process that came upon something nobody had thought of. */
const unexpectedEnd = 1;

/** As much of the process as the last resort needs. */
type Process = Pick<NodeJS.Process, 'on' | 'removeAllListeners' | 'listenerCount' | 'report' | 'exit'>;

/**
 * What nobody caught is printed in words, never as the object it was: objects carry addresses with tokens, bodies and
 * people's words. Then the process ends; what was accepted is in the database. Answers the redactor of these words, which
 * is to learn every secret as soon as it is known.
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
    print('Cannot go on', error);
    process_.exit(unexpectedEnd);
  };
  process_.on('uncaughtException', end);
  // Node would put a description of the whole reason into the message of an error of its own.
  process_.on('unhandledRejection', end);
  // Without listeners where warnings are switched off.
  if (process_.listenerCount('warning') > 0) {
    process_.removeAllListeners('warning');
    process_.on('warning', (warning) => print('Warning', warning));
  }
  if (process_.report !== undefined) process_.report.excludeEnv = true;
  // Node opens its debugger at this signal, and with it all of the memory, unless somebody else listens.
  process_.on('SIGUSR1', () => undefined);
  return redactor;
}
