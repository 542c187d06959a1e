import type { HttpReply } from '../src/providers/http/http-exchange.ts';
import type { Deed } from './scenario.ts';

const encoder = new TextEncoder();

function answer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return {
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: encoder.encode(body),
  };
}

function complaint(status: number, error: string, headers?: Readonly<Record<string, string>>): HttpReply {
  return answer(status, JSON.stringify({ error, output: null }), headers);
}

const resultUrl = 'https://cdn.bytez.com/model/output/sim/model/picture.png';

/** The result of a call that nothing was wrong with. */
export const served = answer(200, JSON.stringify({ error: null, output: resultUrl }));

/** What the free probe says of a key that is accepted. */
export const accepted = answer(200, JSON.stringify({ error: null, output: [{ task: 'text-to-image' }] }));

export function tooManyCalls(seats: number): HttpReply {
  return complaint(
    429,
    `Rejected: your plan allows for ${seats} concurrency at a time. Wait for your running requests to finish or upgrade your plan`,
  );
}

/** What Bytez says in each case, to the letter where that is known. */
export function answerTo(deed: Exclude<Deed, 'slow'>, overInMs: number | undefined): HttpReply {
  switch (deed) {
    case 'rejected':
      return answer(401, JSON.stringify({ error: 'Unauthorized' }));
    case 'forbidden':
      return answer(403, JSON.stringify({ error: 'Forbidden' }));
    case 'rate-limited':
      return complaint(
        429,
        'Rate limit exceeded',
        overInMs === undefined ? {} : { 'retry-after': String(Math.ceil(overInMs / 1000)) },
      );
    case 'out-of-quota':
      return complaint(429, 'Out of free monthly credits. Please upgrade to premium to continue');
    case 'cut':
    case 'hang':
      return { kind: 'cut', detail: 'the connection broke: ECONNRESET' };
    case 'refused':
      return complaint(
        400,
        'Your request was rejected by the safety system: the prompt may violate our content policy',
      );
    case 'unexplained':
      return answer(403, JSON.stringify({ message: 'Forbidden' }));
    case 'too-dear':
      return complaint(402, 'This request requires more credits. You requested 40, but can only afford 12');
    case 'minute-quota':
      return complaint(
        429,
        `Quota exceeded for quota metric "requests" and limit "requests per minute". Please retry in ${((overInMs ?? 3_200) / 1000).toFixed(1)}s.`,
      );
    case 'unknown-model':
      return complaint(404, 'Model does not exist or has yet to be added to the Bytez catalog');
    case 'unavailable':
      return complaint(503, 'Model is loading or at capacity, try again later');
    case 'failed-run':
      return complaint(500, 'Internal server error');
    case 'error-in-200':
      return complaint(200, 'The run ended without a result');
    case 'truncated':
      return answer(200, `{"error":null,"output":"${resultUrl.slice(0, 40)}`);
  }
}
