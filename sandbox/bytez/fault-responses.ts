import { failure, html, json, noModel, tooManyRuns, unauthorized, type HttpOutcome, type Reply } from './responses.ts';
import { isGatewayFault, isRunFailure, type FaultEffect } from './bytez-fault.ts';

/** Returns the response of the gateway before a run occupies a seat; undefined when the effect applies later. */
export function gatewayResponse(effect: FaultEffect | undefined, seats: number): Reply | undefined {
  if (!isGatewayFault(effect)) return undefined;
  switch (effect.kind) {
    case 'unauthorized':
      return unauthorized;
    case 'forbidden':
      return failure(403, 'Forbidden');
    case 'out-of-credit':
      return json(
        { status: 402, error: 'Payment Required', message: 'Insufficient credits. Please add credits to continue.' },
        402,
      );
    case 'rate-limited':
      return failure(
        429,
        'Rate limit exceeded',
        effect.retryAfterS === undefined ? {} : { 'retry-after': String(effect.retryAfterS) },
      );
    case 'call-window': {
      const span = effect.perS % 60 === 0 ? `${effect.perS / 60} minute` : `${effect.perS} second`;
      return failure(429, `Rate limit exceeded: ${effect.calls} requests per ${span}`);
    }
    case 'credits-429':
      return failure(429, 'Out of free monthly credits. Please upgrade to premium to continue');
    case 'concurrency':
      return tooManyRuns(seats);
    case 'no-model':
      return noModel;
  }
}

/** Returns what replaces the result of a run; undefined when the run succeeds. */
export function runFailureResponse(effect: FaultEffect | undefined): HttpOutcome | undefined {
  if (!isRunFailure(effect)) return undefined;
  switch (effect.kind) {
    case 'error-200':
      return failure(200, effect.error);
    case 'status':
      return withStatus(effect.status, effect.body, effect.contentType);
    case 'refused':
      return failure(
        effect.status ?? 400,
        'Your request was rejected by the safety system: the prompt may violate our content policy',
      );
    case 'cut':
      return { kind: 'cut' };
    case 'bad-json':
      return {
        kind: 'reply',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"error":null,"output":"https://cdn.bytez.com/model/out',
      };
  }
}

function withStatus(status: number, body: string | undefined, contentType: string | undefined): Reply {
  if (body !== undefined) {
    const sort = body.startsWith('{') ? 'application/json' : body.startsWith('<') ? 'text/html' : 'text/plain';
    return { kind: 'reply', status, headers: { 'content-type': contentType ?? sort }, body };
  }
  if (status === 502) return html(502, 'Bad Gateway');
  if (status === 504) return html(504, 'Gateway Time-out');
  if (status === 503) return failure(503, 'Model is loading or at capacity, try again later');
  return failure(status, status >= 500 ? 'Internal server error' : 'Bad request');
}
