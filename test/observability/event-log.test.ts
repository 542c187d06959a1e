import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { AppEvent } from '../../src/domain/events.ts';
import { Secret } from '../../src/kit/secret.ts';
import { EventLog } from '../../src/observability/event-log.ts';
import { createRedactor } from '../../src/observability/redaction/redactor.ts';
import { fakeClock } from '../support/fake-clock.ts';

const stopping = (running: number): AppEvent => ({ event: 'app.stopping', running });
const warning: AppEvent = { event: 'config.warning', text: 'something is odd' };

function aLog(write?: (text: string) => void) {
  const clock = fakeClock();
  const writes: string[] = [];
  const ending = new EventEmitter();
  const redactor = createRedactor([new Secret('a-key-that-nobody-may-see')]);
  const destination = { write: write ?? ((text: string) => void writes.push(text)) };
  const process = ending as unknown as NodeJS.Process;
  const log = new EventLog({ level: 'info', redactor, clock, destination, process });
  const entries = () =>
    writes
      .join('')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, clock, writes, entries, ending };
}

test('EventLog writes events of a few milliseconds together, each line with the time of its event', async () => {
  const { log, clock, writes, entries } = aLog();
  const startMs = clock.now();
  log.emit(stopping(1));
  await clock.advance(20);
  log.emit(stopping(2));
  expect(writes).toEqual([]);
  await clock.advance(5);
  expect(writes).toHaveLength(1);
  expect(entries()).toMatchObject([
    { time: new Date(startMs).toISOString(), running: 1 },
    { time: new Date(startMs + 20).toISOString(), running: 2 },
  ]);
  await clock.advance(1_000);
  expect(writes).toHaveLength(1);
});

test('EventLog writes a warning at once, after all earlier events', () => {
  const { log, entries } = aLog();
  log.emit(stopping(1));
  log.emit(warning);
  expect(entries().map(({ event }) => event)).toEqual(['app.stopping', 'config.warning']);
});

test.each(['exit', 'uncaughtExceptionMonitor'])('EventLog loses nothing at "%s"', (how) => {
  const { log, entries, ending } = aLog();
  log.emit(stopping(1));
  ending.emit(how);
  expect(entries()).toMatchObject([{ running: 1 }]);
});

test('EventLog writes everything when it is closed, and removes its listeners', () => {
  const { log, entries, ending, clock } = aLog();
  log.emit(stopping(1));
  log[Symbol.dispose]();
  expect(entries()).toMatchObject([{ running: 1 }]);
  expect({ listeners: ending.eventNames(), timers: clock.pending }).toEqual({ listeners: [], timers: 0 });
});

test('EventLog limits its buffer while no time passes', () => {
  const { log, writes, entries } = aLog();
  for (let number = 1; number <= 1_000; number += 1) log.emit(stopping(number));
  expect(writes).toHaveLength(3);
  expect(entries()).toHaveLength(768);
});

test('EventLog redacts buffered events', async () => {
  const { log, clock, entries } = aLog();
  log.emit({ event: 'job.cancelled', jobId: 'a-key-that-nobody-may-see' as never });
  await clock.advance(25);
  expect(entries()).toMatchObject([{ jobId: '[redacted]', msg: 'job [redacted] cancelled' }]);
});

test('EventLog never throws when nothing can be written, and writes later events', async () => {
  const texts: string[] = [];
  let isFull = true;
  const { log, clock } = aLog((text) => {
    if (isFull) throw new Error('disk full');
    texts.push(text);
  });
  expect(() => log.emit(warning)).not.toThrow();
  log.emit(stopping(1));
  await clock.advance(25);
  isFull = false;
  log.emit(stopping(2));
  await clock.advance(25);
  expect(texts).toHaveLength(1);
  expect(texts[0]).toContain('"running":2');
});

test('EventLog writes nothing while it is held, and everything with its own time once it is released', async () => {
  const { log, clock, writes, entries } = aLog();
  const startMs = clock.now();
  const hold = log.hold();
  log.emit(warning);
  await clock.advance(50);
  log.emit(stopping(1));
  await clock.advance(50);
  expect(writes).toEqual([]);
  hold.release();
  hold.drop();
  expect(entries()).toMatchObject([
    { event: 'config.warning', time: new Date(startMs).toISOString() },
    { event: 'app.stopping', time: new Date(startMs + 50).toISOString() },
  ]);
});

test('EventLog writes nothing of what was dropped, and what is held when the process ends of an error', () => {
  const refused = aLog();
  const hold = refused.log.hold();
  refused.log.emit(warning);
  hold.drop();
  hold.release();
  refused.log.emit(stopping(1));
  refused.log[Symbol.dispose]();
  expect(refused.writes).toEqual([]);
  const crashed = aLog();
  crashed.log.hold();
  crashed.log.emit(warning);
  crashed.ending.emit('uncaughtExceptionMonitor');
  expect(crashed.entries()).toMatchObject([{ event: 'config.warning' }]);
});
