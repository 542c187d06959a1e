import type { CallEnding } from '../../domain/gateway/client-call.ts';
import type { FailureCode } from '../../domain/failure.ts';

/** A refusal as OpenAI words it, so that its clients understand it: `{error: {message, type, param, code}}`. */
export type Refusal = {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 411 | 413 | 415 | 421 | 429 | 500 | 502 | 503 | 504;
  /** For people who read the caller's log: what was asked, the facts, what to do. */
  readonly message: string;
  readonly type:
    | 'invalid_request_error'
    | 'authentication_error'
    | 'permission_error'
    | 'rate_limit_error'
    | 'insufficient_quota'
    | 'server_error';
  readonly code: string;
  /** The parameter at fault. */
  readonly param?: string;
  /** When it is worth asking again. */
  readonly retryAfterMs?: number;
};

/** The body of a refusal. */
export function refusalBody({ message, type, param, code }: Refusal): string {
  return JSON.stringify({ error: { message, type, param: param ?? null, code } });
}

/** The headers of a refusal: a wait is rounded up to whole seconds, of which there is at least one. */
export function refusalHeaders({ retryAfterMs }: Refusal): Record<string, string> {
  if (retryAfterMs === undefined) return {};
  return { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) };
}

/** A request that cannot be followed as it is; names the parameter where one is at fault. */
export function badRequest(message: string, param?: string, code = 'invalid_value'): Refusal {
  return { status: 400, message, type: 'invalid_request_error', code, ...(param === undefined ? {} : { param }) };
}

/** What the gate refuses before the gateway sees it. */
export function gateRefusal(status: number): string {
  const known = gateRefusals.get(status) ?? badRequest('Cannot read the request', undefined, 'bad_request');
  return refusalBody(known);
}

const gateRefusals: ReadonlyMap<number, Refusal> = new Map(
  (
    [
      {
        status: 401,
        message: 'The token is missing or wrong; send the one that "darkroom clients add" printed as a bearer token',
        type: 'authentication_error',
        code: 'invalid_api_key',
      },
      {
        status: 404,
        message: 'There is no such route',
        type: 'invalid_request_error',
        code: 'unknown_url',
      },
      {
        status: 405,
        message: 'The route does not take this method',
        type: 'invalid_request_error',
        code: 'method_not_allowed',
      },
      {
        status: 413,
        message: 'The body is larger than 20 MB',
        type: 'invalid_request_error',
        code: 'request_too_large',
      },
      {
        status: 415,
        message: 'A compressed body is not taken; send it without Content-Encoding',
        type: 'invalid_request_error',
        code: 'unsupported_encoding',
      },
      {
        status: 421,
        message: 'The Host header does not name this server; ask it by the address that it listens on',
        type: 'invalid_request_error',
        code: 'wrong_host',
      },
      {
        status: 429,
        message: 'Too many wrong tokens came from this address',
        type: 'rate_limit_error',
        code: 'too_many_wrong_tokens',
      },
    ] satisfies readonly Refusal[]
  ).map((refusal) => [refusal.status, refusal]),
);

type Worded = Pick<Refusal, 'status' | 'type' | 'code'> & { readonly says: string };

const noKey: Worded = {
  status: 503,
  type: 'server_error',
  code: 'no_key_available',
  says: 'No key of the providers that could serve this is available',
};

/** What each way to fail means for a program. */
const failures = {
  'keys-being-set-up': noKey,
  'out-of-credit': { ...noKey, says: 'The keys that could serve this are out of credit' },
  busy: { ...noKey, says: 'Every key that could serve this is busy or rests' },
  'taking-longer': {
    status: 504,
    type: 'server_error',
    code: 'provider_timeout',
    says: 'No provider answered in time',
  },
  'provider-down': {
    status: 503,
    type: 'server_error',
    code: 'provider_down',
    says: 'The providers that could serve this fail',
  },
  'model-unavailable': {
    status: 404,
    type: 'invalid_request_error',
    code: 'model_not_found',
    says: 'The model does not exist, or no key may use it',
  },
  'result-unavailable': {
    status: 502,
    type: 'server_error',
    code: 'result_unavailable',
    says: 'The provider answered with a result that cannot be used',
  },
  'too-large': {
    status: 502,
    type: 'server_error',
    code: 'result_too_large',
    says: 'The provider answered with a result that is too large',
  },
  refused: {
    status: 400,
    type: 'invalid_request_error',
    code: 'content_policy_violation',
    says: 'The provider declines to make this',
  },
  'bad-request': {
    status: 400,
    type: 'invalid_request_error',
    code: 'invalid_value',
    says: 'The provider does not accept the request',
  },
  stopped: {
    status: 503,
    type: 'server_error',
    code: 'restarting',
    says: 'The server stops or cannot keep the request now; the provider was not asked again',
  },
} as const satisfies Partial<Record<FailureCode, Worded>>;

/** The refusal for a call that failed. */
export function refusalFor(ending: Extract<CallEnding, { kind: 'failed' }>): Refusal {
  const { code, detail, retryAfterMs } = ending;
  const { says, ...facts }: Worded = code in failures ? failures[code as keyof typeof failures] : failures.stopped;
  return {
    ...facts,
    message: detail === undefined ? says : `${says}: ${detail}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
