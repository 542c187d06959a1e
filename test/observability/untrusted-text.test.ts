import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import { createLogger, emitTo } from '../../src/observability/logger.ts';
import { createRedactor } from '../../src/observability/redaction/redactor.ts';

test.each([{}, { terminal: { hasColours: false } }])(
  'untrusted text in the log stays on one line without ESC, %j (A8, A14)',
  (form) => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const emit = emitTo(createLogger({ level: 'trace', redactor: createRedactor([]), destination, ...form }));
    const nasty = 'x\x1b[2J\x1b]0;pwn\x07\x9b\r\n{"level":"error","msg":"forged"}\n2026-01-01 admin logged in';
    const events: readonly AppEvent[] = [
      { event: 'telegram.error', method: 'sendMessage', detail: nasty },
      { event: 'app.error', what: nasty, error: new Error(nasty, { cause: new Error(nasty) }) },
      { event: 'update.failed', updateId: 5, error: new Error(nasty), setAside: true },
      { event: 'result.refetch', jobId: 'tg-1' as never, detail: nasty },
      { event: 'config.warning', text: nasty },
    ];
    for (const event of events) emit(event);
    expect(lines).toHaveLength(events.length);
    expect(lines.join('')).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    for (const line of lines) {
      expect(
        line.split('\n').filter((part) => /^\s*(?:\{"level":"error","msg":"forged"|2026-01-01 admin)/.test(part)),
      ).toEqual([]);
    }
  },
);
