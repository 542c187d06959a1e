import { inspect } from 'node:util';
import { HttpError } from 'grammy';
import { expect, test } from 'vitest';
import { describeError } from '../../src/observability/describe-error.ts';
import { createLogger, emitTo } from '../../src/observability/logger.ts';
import { createRedactor } from '../../src/observability/redaction/redactor.ts';
import { testToken } from '../support/test-app.ts';

test('an error of the network that holds the address of a call is told by its name, code and method alone (K10)', () => {
  const address = `https://api.telegram.org/bot${testToken}/sendMessage`;
  const reset = Object.assign(new Error(`request to ${address} failed`), { code: 'ECONNRESET', url: address });
  const failed = new HttpError('Network request for "sendMessage" failed!', reset);
  expect(inspect(failed, { depth: 10 })).toContain('canary');
  const lines: string[] = [];
  const redactor = createRedactor([]);
  const logger = createLogger({ level: 'trace', redactor, destination: { write: (line) => void lines.push(line) } });
  emitTo(logger)({ event: 'app.error', what: 'a message', error: failed });
  logger.error(failed);
  expect(lines).toHaveLength(2);
  expect(lines.join('')).toContain('Network request for');
  expect(`${lines.join('')}${describeError(failed)}${describeError(reset)}`).not.toContain('canary');
});
