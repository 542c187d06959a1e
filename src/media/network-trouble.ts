export type NetworkTrouble = {
  /** Never connected, the connection broke, or what came over it was not HTTP. */
  readonly kind: 'unreachable' | 'untrusted' | 'cut' | 'malformed';
  readonly code: string;
};

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ENODATA',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'UND_ERR_INVALID_ARG',
  'ERR_INVALID_URL',
]);

const untrusted =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/;
const malformed = /^(?:HPE_|HTTPParserError$|UND_ERR_HEADERS_OVERFLOW$)/;

/** Tells a network error by its code alone, because its message may quote a header and with it a key. */
export function networkTrouble(error: unknown): NetworkTrouble {
  const code = codeOf(error);
  if (unreachable.has(code)) return { kind: 'unreachable', code };
  if (untrusted.test(code)) return { kind: 'untrusted', code };
  if (malformed.test(code)) return { kind: 'malformed', code };
  return { kind: 'cut', code };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code)) return code;
  if (error.cause instanceof Error && error.cause !== error) return codeOf(error.cause);
  return /^\w{1,64}$/.test(error.name) ? error.name : 'UNKNOWN';
}
