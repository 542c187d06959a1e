import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { callbackify } from 'node:util';
import { Agent, buildConnector } from 'undici';
import { systemClock } from '../kit/clock.ts';
import type { Clock } from '../kit/clock.ts';
import { isExempt, isForbiddenAddress } from './address-guard.ts';

/** All addresses of a host name, in the order in which they should be tried. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export type GuardedAgentOptions = {
  readonly allowPrivateHosts: readonly string[];
  readonly resolve?: Resolve;
  /** Opens the socket to an address that was checked. */
  readonly dial?: buildConnector.connector;
  readonly clock?: Clock;
};

/** Says that a name or literal leads to an address that must not be asked; nothing was connected. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

const resolveMs = 5000;
const dialMs = 5000;
const mostRecords = 10;
const mostDials = 3;

export const systemResolve: Resolve = async (hostname) => {
  const records = await lookup(hostname, { all: true, order: 'verbatim' });
  return records.map((record) => record.address);
};

/**
 * An agent that resolves a name once, judges all its addresses and connects to one of exactly those: a second answer of
 * the name server is never asked for. Host header and TLS name stay those of the URL.
 */
export function createGuardedAgent(options: GuardedAgentOptions): Agent {
  return new Agent({ allowH2: false, connect: guardedConnector(options), headersTimeout: 30_000, bodyTimeout: 30_000 });
}

/** The connector of the guarded agent, by itself. */
export function guardedConnector(options: GuardedAgentOptions): buildConnector.connector {
  const { resolve = systemResolve, clock = systemClock } = options;
  const dial = options.dial ?? buildConnector({ allowH2: false, timeout: dialMs, rejectUnauthorized: true });
  return (target, callback) => {
    const hostname = target.hostname.replace(/^\[(.*)\]$/, '$1');
    const exempt = isExempt({ ...target, hostname: isIP(hostname) === 6 ? `[${hostname}]` : hostname }, options);
    const connect = async (): Promise<Socket> => {
      const addresses = await checkedAddresses(hostname, exempt, resolve, clock);
      const servername = target.servername ?? (isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : undefined);
      const named = target.protocol === 'https:' && servername !== undefined ? { servername } : {};
      let trouble: unknown;
      for (const address of addresses.slice(0, mostDials)) {
        try {
          const socket = await dialled(dial, { ...target, ...named, hostname: address });
          return exempt ? socket : checkedSocket(socket);
        } catch (error) {
          if (error instanceof ForbiddenAddressError) throw error;
          trouble = error;
        }
      }
      throw trouble;
    };
    callbackify(connect)((error, socket) => {
      if (error === null) callback(null, socket);
      else callback(error, null);
    });
  };
}

async function checkedAddresses(
  hostname: string,
  exempt: boolean,
  resolve: Resolve,
  clock: Clock,
): Promise<readonly string[]> {
  const found = isIP(hostname) === 0 ? await resolvedInTime(hostname, resolve, clock) : [hostname];
  const addresses = found.slice(0, mostRecords);
  if (addresses.length === 0) throw withCode('Cannot resolve the host: no address', 'ENOTFOUND');
  if (!exempt && addresses.some(isForbiddenAddress)) {
    throw new ForbiddenAddressError('Cannot connect: the host leads to an address that is not public');
  }
  return addresses;
}

async function resolvedInTime(hostname: string, resolve: Resolve, clock: Clock): Promise<readonly string[]> {
  const tooLate = Promise.withResolvers<never>();
  using _timer = clock.schedule(resolveMs, () =>
    tooLate.reject(withCode(`Cannot resolve the host within ${resolveMs} ms`, 'ETIMEDOUT')),
  );
  return await Promise.race([resolve(hostname), tooLate.promise]);
}

function dialled(dial: buildConnector.connector, target: buildConnector.Options): Promise<Socket> {
  return new Promise((resolve, reject) => {
    dial(target, (error, socket) => {
      if (error === null) resolve(socket);
      else reject(error);
    });
  });
}

function checkedSocket(socket: Socket): Socket {
  if (socket.remoteAddress !== undefined && !isForbiddenAddress(socket.remoteAddress)) return socket;
  socket.destroy();
  throw new ForbiddenAddressError('Cannot use the connection: it leads to an address that is not public');
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
