import { isIP } from 'node:net';
import { isLoopback } from '../kit/loopback.ts';

const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const hostHeader = /^(\[[0-9a-f:.]{2,45}\]|[0-9a-z._-]{1,253})(?::[0-9]{1,5})?$/i;

/**
 * Checks whether a Host header names this server. After DNS rebinding a foreign page still sends its own name, never an
 * address of this server.
 */
export function servedHosts(boundTo: string): (host: string) => boolean {
  const bound = boundTo.toLowerCase();
  return (header) => {
    const name = hostHeader
      .exec(header)?.[1]
      ?.toLowerCase()
      .replace(/^\[|\]$/g, '');
    if (name === undefined) return false;
    if (name === bound || isLoopback(name)) return true;
    return everywhere.has(bound) && isIP(name) !== 0;
  };
}
