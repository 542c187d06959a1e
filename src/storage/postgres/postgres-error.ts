import type { OutageReason } from '../../domain/failure.ts';
import { StorageError } from '../storage-error.ts';

/** What a failed statement or connection means for the work that it was part of. */
export type Failure =
  /**
   * Nothing was changed, and the same may succeed at once: two transactions were in each other's way, or the tables have
   * another column since the connection learned the statement.
   */
  | 'conflict'
  /** The connection is gone or cannot be had: the database may be back soon. */
  | 'away'
  /** Something else: a refusal of the server or a bug. */
  | 'other';

/** SQLSTATE, or the code of a system error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const conflicts: ReadonlySet<string> = new Set(['40001', '40P01']);

/** Class 08, and what a server says that stops, starts, recovers or has no connection left. */
const awayStates = /^(?:08...|57P01|57P02|57P03|57P05|53300|25P03)$/;
const awaySystem =
  /^(?:ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENETRESET)$/;
/** The driver's own errors have no code. */
const awayWords =
  /^(?:Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client was closed|Cannot use a pool after)/;

export function failureOf(error: unknown): Failure {
  const code = codeOf(error);
  if (conflicts.has(code) || isOutdated(error)) return 'conflict';
  if (awayStates.test(code) || awaySystem.test(code) || isWithoutSocket(error)) return 'away';
  if (error instanceof AggregateError) return error.errors.some((one) => failureOf(one) === 'away') ? 'away' : 'other';
  return error instanceof Error && awayWords.test(error.message) ? 'away' : 'other';
}

/** The server listens on a socket in a folder, and runs no more; a certificate that is missing has the same code. */
function isWithoutSocket(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' && error instanceof Error && 'syscall' in error && error.syscall === 'connect';
}

/** A newer version has changed a table since the statement was prepared: on this connection it fails for good. */
function isOutdated(error: unknown): boolean {
  return codeOf(error) === '0A000' && error instanceof Error && error.message.startsWith('cached plan must not change');
}

/**
 * Whether another connection may do what failed on this one. A connection that only reads goes to a standby, and the
 * address may lead to the new primary server by now.
 */
export function endsConnection(error: unknown): boolean {
  return failureOf(error) === 'away' || isOutdated(error) || codeOf(error) === '25006';
}

/** Converts a refusal of the server into a StorageError that names `place`; returns any other error, such as a bug, unchanged. */
export function toStorageError(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || error instanceof StorageError) return error;
  const code = codeOf(error);
  const facts =
    error instanceof AggregateError && error.message === '' ? String(error.errors[0]?.message) : error.message;
  if (failureOf(error) === 'away') return unreachable(place, facts, error);
  if (failureOf(error) === 'conflict' || code === '55P03' || code === '57014') {
    return new StorageError(
      'busy',
      `Cannot use database ${place}: ${facts}; it is overloaded, or somebody locks its tables`,
      {
        cause: error,
      },
    );
  }
  if (code === '53100' || code === '53200' || code === '53400' || code === '54000') {
    return new StorageError('full', `Cannot write database ${place}: ${facts}; make room on its server`, {
      cause: error,
      reason: 'full',
    });
  }
  if (code === '25006') {
    const fix = 'name the primary server in DATABASE_URL, not a standby';
    return new StorageError('unwritable', `Cannot write database ${place}: ${facts}; ${fix}`, {
      cause: error,
      reason: 'standby',
    });
  }
  if (code === 'XX001' || code === 'XX002') {
    return new StorageError('corrupt', `Cannot use database ${place}: it is damaged (${facts})`, { cause: error });
  }
  if (code.startsWith('28') || code === '42501' || code === '3D000') {
    return refused(place, facts, 'check DATABASE_URL and its rights', error);
  }
  return error;
}

/** Converts whatever stands in the way of a connection: what is no refusal of the server is one of TLS or of the login. */
export function toConnectError(error: unknown, place: string): unknown {
  const known = toStorageError(error, place);
  if (known instanceof StorageError || !(known instanceof Error)) return known;
  const fix = 'check the password and TLS (sslmode, sslrootcert) in DATABASE_URL';
  return refused(place, known.message, fix, known);
}

function refused(place: string, facts: string, fix: string, cause: Error): StorageError {
  return new StorageError('unwritable', `Cannot use database ${place}: ${facts}; ${fix}`, { cause, reason: 'rights' });
}

/** The error for work that was not done because the database is away; the same may succeed when it is back. */
export function unreachable(place: string, facts: string, cause?: unknown): StorageError {
  const reason = reasonOf(cause);
  return new StorageError('unreachable', `Cannot reach database ${place}: ${facts}; ${fixes[reason]}`, {
    cause,
    reason,
  });
}

/** What an operator can do where the database is away. */
const fixes = {
  host: 'check the name of the host in DATABASE_URL, and the name server of this machine',
  address: 'start the server, or correct host and port in DATABASE_URL',
  connections: 'raise max_connections of the server, or run fewer processes',
  starting: 'it is starting or stopping, so wait for it, and see its log if it does not come back',
  silent: 'check the server, and the network and the firewall between it and this machine',
} as const satisfies Partial<Record<OutageReason, string>>;

function reasonOf(cause: unknown): keyof typeof fixes {
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  switch (codeOf(first)) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'host';
    case 'ECONNREFUSED':
    case 'ENOENT':
      return 'address';
    case '53300':
      return 'connections';
    case '57P01':
    case '57P02':
    case '57P03':
      return 'starting';
    default:
      return 'silent';
  }
}

/** The error for a commit whose answer was lost and whose end could not be learned before this process stops. */
export function unsure(place: string, cause?: unknown): StorageError {
  const message = `Cannot tell whether database ${place} kept a change: the connection was lost while it was committed`;
  return new StorageError('unsure', message, { cause });
}
