import { failure, html, json, noModel, tooManyRuns, unauthorized, type Answer, type Reply } from './responses.ts';
import { isDoorDeed, isInsteadDeed, type FaultDeed } from './bytez-fault.ts';

/** What the gateway says before a run takes a seat; nothing when the fault comes later. */
export function answerAtTheDoor(deed: FaultDeed | undefined, seats: number): Reply | undefined {
  if (!isDoorDeed(deed)) return undefined;
  switch (deed.kind) {
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
        deed.retryAfterS === undefined ? {} : { 'retry-after': String(deed.retryAfterS) },
      );
    case 'credits-429':
      return failure(429, 'Out of free monthly credits. Please upgrade to premium to continue');
    case 'concurrency':
      return tooManyRuns(seats);
    case 'no-model':
      return noModel;
  }
}

/** What comes back instead of a result once the run was under way; nothing when the run succeeds. */
export function answerAfterTheRun(deed: FaultDeed | undefined): Answer | undefined {
  if (!isInsteadDeed(deed)) return undefined;
  switch (deed.kind) {
    case 'error-200':
      return failure(200, deed.error);
    case 'status':
      return withStatus(deed.status, deed.body, deed.contentType);
    case 'refused':
      return failure(
        deed.status ?? 400,
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
