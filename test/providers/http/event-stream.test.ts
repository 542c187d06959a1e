import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventReader, eventsIn, type StreamEvent } from '../../../src/providers/http/event-stream.ts';

const stream = ': keep-alive\n\n\r\nevent: delta\r\ndata: {"text":"día"}\r\n\r\ndata: one\ndata: two\n\ndata: [DONE]';

test('eventsIn() reads named events, several lines of data, and an end without a blank line', () => {
  expect(eventsIn(Buffer.from(stream))).toEqual([
    { event: 'delta', data: '{"text":"día"}' },
    { event: 'message', data: 'one\ntwo' },
    { event: 'message', data: '[DONE]' },
  ]);
});

test('eventReader() reads the same events however the body is cut into chunks', () => {
  const body = Buffer.from(`${stream}\n\n`);
  const cuts = fc.array(fc.integer({ min: 0, max: body.length }), { maxLength: 12 });
  fc.assert(
    fc.property(cuts, (at) => {
      const events: StreamEvent[] = [];
      const read = eventReader((event) => events.push(event));
      const ends = [...at, body.length].toSorted((one, other) => one - other);
      let from = 0;
      for (const end of ends) {
        read(body.subarray(from, end));
        from = end;
      }
      expect(events).toEqual(eventsIn(body));
    }),
  );
});
