import type { Call } from '../../simulator/world.ts';
import { pngOf } from '../../src/kit/png.ts';

/** An answer as it goes over the wire; `cut` breaks the connection without one. */
export type WireAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | { readonly kind: 'cut' };

const side = 32;
const square = pngOf({ width: side, height: side, pixels: new Uint8Array(side * side).fill(0x80) });
const picture = JSON.stringify({ created: 1, data: [{ b64_json: Buffer.from(square).toString('base64') }] });

/** What an OpenAI-shaped server says to a call that met this; `retryAfter` in whole seconds where it says when. */
export function wireAnswerFor(met: Call['met'], seats: number, retryAfter?: string): WireAnswer {
  switch (met) {
    case undefined:
    case 'slow':
      return answer(200, picture);
    case 'rejected':
      return complaint(401, 'invalid_api_key', 'Incorrect API key provided');
    case 'forbidden':
      return complaint(403, 'forbidden', 'Forbidden');
    case 'rate-limited':
      return complaint(
        429,
        'rate_limit_exceeded',
        'Rate limit reached',
        retryAfter === undefined ? {} : { 'retry-after': retryAfter },
      );
    case 'out-of-quota':
      return complaint(429, 'insufficient_quota', 'You exceeded your current quota, please check your plan');
    case 'no-seat':
      return complaint(429, 'concurrency_limit_exceeded', `Your plan allows for ${seats} requests at a time`);
    case 'refused':
      return complaint(400, 'moderation_blocked', 'Your request was rejected by the safety system');
    case 'unexplained':
      return answer(403, JSON.stringify({ message: 'Forbidden' }));
    case 'too-dear':
      return complaint(402, 'insufficient_credits', 'This request requires more credits, you can only afford 12');
    case 'minute-quota':
      return complaint(429, 'rate_limit_exceeded', 'Quota exceeded for requests per minute, retry in 3.2s');
    case 'unknown-model':
      return complaint(404, 'model_not_found', 'The model does not exist');
    case 'unavailable':
      return complaint(503, 'server_is_overloaded', 'The server is overloaded, try again later');
    case 'failed-run':
      return complaint(500, 'server_error', 'The server had an error while processing your request');
    case 'error-in-200':
      return complaint(200, 'server_error', 'The run ended without a result');
    case 'truncated':
      return answer(200, picture.slice(0, -12));
    case 'cut':
    case 'hang':
      return { kind: 'cut' };
  }
}

function complaint(
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): WireAnswer {
  return answer(status, JSON.stringify({ error: { message, type: 'error', param: null, code } }), headers);
}

function answer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return { kind: 'answer', status, headers: { 'content-type': 'application/json', ...headers }, body };
}
