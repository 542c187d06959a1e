import { type ClientCall, parseTraceParent } from '../../domain/gateway/client-call.ts';
import type { KnownClient } from '../../domain/gateway/gateway-access.ts';
import type { JobId } from '../../domain/ids.ts';
import type { JobKind } from '../../domain/kinds.ts';
import type { RelayRoute } from '../../domain/provider.ts';
import type { Halves } from '../gate.ts';
import type { Exchange } from './exchange.ts';

/** A route, and the kind that it asks for. */
export type Asked = { readonly route: RelayRoute; readonly kind: JobKind };

/** A request of a program. */
export type Arrived = {
  readonly incoming: Halves['incoming'];
  readonly exchange: Exchange;
  readonly id: JobId;
  readonly asked: Asked;
  readonly client: KnownClient | undefined;
};

/** The trace in which the caller's own program is. */
export function traceOf({ incoming }: Arrived): Pick<ClientCall, 'trace'> {
  const { traceparent } = incoming.headers;
  const trace = typeof traceparent === 'string' ? parseTraceParent(traceparent) : undefined;
  return trace === undefined ? {} : { trace };
}
