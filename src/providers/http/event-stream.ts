import { createParser } from 'eventsource-parser';

/** One event of a stream of server-sent events. */
export type StreamEvent = {
  /** The event's name; `message` where it has none. */
  readonly event: string;
  readonly data: string;
};

/** The longest event that is read: text arrives in far smaller pieces. */
const maxEventLength = 1_000_000;

/**
 * Returns a function that is given the chunks of a `text/event-stream` body and calls back for each complete event. Blank
 * lines and comments, which servers send to keep a connection open, are passed over; invalid UTF-8 is replaced.
 */
export function eventReader(onEvent: (event: StreamEvent) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: ({ event = 'message', data }) => onEvent({ event, data }),
  });
  return (chunk) => parser.feed(decoder.decode(chunk, { stream: true }));
}

/** Returns every event of a whole body, the last one also where the blank line behind it is missing. */
export function eventsIn(body: Uint8Array): readonly StreamEvent[] {
  const events: StreamEvent[] = [];
  const read = eventReader((event) => events.push(event));
  read(body);
  read(Buffer.from('\n\n'));
  return events;
}

/** Whether the answer is a stream of events: some servers answer a request for one with a whole reply. */
export function isEventStream(headers: Readonly<Record<string, string | readonly string[] | undefined>>): boolean {
  return String(headers['content-type'] ?? '').startsWith('text/event-stream');
}
