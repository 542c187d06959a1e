import type { Client as DriverClient } from 'pg';
import type { Connection } from './pool.ts';

/** Writes what is sent in this turn at once: the server wakes up once for all of it. */
export function inOnePiece<Result>(client: Connection['client'], send: () => Promise<Result>): Promise<Result> {
  // The types of the driver know the connection of a client, but not that the clients of a pool are clients.
  const { stream } = (client as unknown as DriverClient).connection;
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/** Sent without waiting for the answer; the statement behind it waits for both answers. */
export function ahead<Answer>(asked: Promise<Answer>): Promise<Answer> {
  asked.catch(() => undefined);
  return asked;
}
