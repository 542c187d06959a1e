import { StorageError } from '../storage-error.ts';
import type { ConnectionPool } from './pool.ts';
import { toStorageError } from './postgres-error.ts';

/** PostgreSQL 14: the oldest that is still maintained and notices clients that are gone. */
const oldestServer = 140_000;
/** A difference of the clocks that is reported. */
export const maxClockDifferenceMs = 2_000;
/** Connections that each process may hold, and what is left for people and backups. */
const perProcess = 15;
const besides = 10;

export type ServerFacts = {
  readonly version: string;
  readonly versionNumber: number;
  readonly maxConnections: number;
  /** False: a crash of the server's machine may lose or damage what was confirmed. */
  readonly isDurable: boolean;
  /** True on a standby, which takes no writes. */
  readonly isStandby: boolean;
  /** The version of TLS on the way there; null where what is sent is not encrypted. */
  readonly tls: string | null;
  /** True where the way there leaves this machine. */
  readonly isFar: boolean;
  /** How far the clock of the database is ahead of this machine's, in ms. */
  readonly clockAheadMs: number;
};

/** Asks the server about itself. Throws a StorageError when it cannot be reached. */
export async function serverFacts(
  pool: ConnectionPool,
  now: () => number,
  untilMonotonicMs: number,
): Promise<ServerFacts> {
  const { client, release } = await pool.connect(untilMonotonicMs);
  try {
    const before = now();
    const { rows } = await client.query<{
      version: string;
      number: string;
      connections: string;
      durable: number;
      standby: number;
      tls: string | null;
      far: number;
      now: number;
    }>(`SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
      current_setting('max_connections') AS connections,
      current_setting('fsync')::boolean AND current_setting('full_page_writes')::boolean AS durable,
      pg_is_in_recovery() AS standby, (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
      coalesce(inet_server_addr() <> inet_client_addr(), false) AS far, extract(epoch FROM clock_timestamp()) * 1000 AS now`);
    const between = (before + now()) / 2;
    const [row] = rows;
    if (row === undefined) throw new Error('Cannot read the settings of the server: it returned no row');
    return {
      version: row.version,
      versionNumber: Number(row.number),
      maxConnections: Number(row.connections),
      isDurable: row.durable === 1,
      isStandby: row.standby === 1,
      tls: row.tls,
      isFar: row.far === 1,
      clockAheadMs: Math.round(row.now - between),
    };
  } catch (error) {
    throw toStorageError(error, pool.place);
  } finally {
    release();
  }
}

/** Throws a StorageError for a server on which the promises of the storage cannot be kept. */
export function checkServer({ version, versionNumber, isStandby }: ServerFacts, place: string): void {
  if (versionNumber < oldestServer) {
    const message = `Cannot use database ${place}: its server is PostgreSQL ${version}, 14 is the oldest that works; upgrade the server`;
    throw new StorageError('old-server', message);
  }
  if (isStandby) {
    const message = `Cannot write database ${place}: it is a standby; name the primary server in DATABASE_URL`;
    throw new StorageError('unwritable', message);
  }
}

export type ServerWarning = { readonly says: string; readonly fix: string };

/** What works, but not as well as it should. */
export function serverWarnings(
  { isDurable, maxConnections, clockAheadMs, tls, isFar }: ServerFacts,
  processes: number,
): readonly ServerWarning[] {
  const warnings: ServerWarning[] = [];
  if (!isDurable) {
    warnings.push({
      says: 'fsync or full_page_writes is off: a crash of its machine loses what was confirmed',
      fix: 'turn both on in postgresql.conf and reload the server',
    });
  }
  if (tls === null && isFar) {
    warnings.push({
      says: 'what is sent there crosses the network without TLS, the password and prompts too',
      fix: 'let the server speak TLS and add ?sslmode=verify-full to DATABASE_URL, unless the network is yours alone',
    });
  }
  const needed = perProcess * Math.max(1, processes) + besides;
  if (maxConnections < needed) {
    warnings.push({
      says: `it takes ${maxConnections} connections; ${processes} processes need ${needed}`,
      fix: `set max_connections to ${needed} or more and restart the server`,
    });
  }
  if (Math.abs(clockAheadMs) > maxClockDifferenceMs) {
    const way = clockAheadMs > 0 ? 'ahead of' : 'behind';
    warnings.push({
      says: `its clock is ${Math.abs(clockAheadMs)} ms ${way} the clock of this machine`,
      fix: 'let both machines set their clocks by NTP ("timedatectl")',
    });
  }
  return warnings;
}
