import type { Emit } from '../domain/events.ts';
import type { Clock } from '../kit/clock.ts';
import type { Secret } from '../kit/secret.ts';
import { createGate } from './gate.ts';
import { healthApi, openPaths, type Vitals } from './health-api.ts';
import { listen, type Listening } from './listen.ts';

export type ListenHttpOptions = {
  readonly host: string;
  readonly port: number;
  readonly adminToken: Secret | undefined;
  readonly vitals: Vitals;
  readonly clock: Clock;
  readonly emit: Emit;
};

/** Serves the health API behind its gate; its errors are emitted and never thrown. */
export function listenHttp({ host, port, adminToken, vitals, clock, emit }: ListenHttpOptions): Promise<Listening> {
  const onError = (error: unknown) => emit({ event: 'app.error', what: 'answer an HTTP request', error });
  const tokens = () => (adminToken === undefined ? [] : [adminToken]);
  const gate = createGate({ open: openPaths, tokens, host, clock });
  return listen(healthApi(vitals, onError), host, port, { gate, onError });
}
