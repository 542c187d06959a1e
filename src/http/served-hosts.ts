import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const hostHeader = /^(\[[0-9a-f:.]{2,45}\]|[0-9a-z._-]{1,253})(?::[0-9]{1,5})?$/i;

/**
 * Tells of a Host header whether it names us. A page of a stranger whose name was turned to our address (DNS rebinding)
 * still sends the stranger's name, never an address of ours.
 */
export function servedHosts(boundTo: string): (host: string) => boolean {
  const bound = boundTo.toLowerCase();
  return (header) => {
    const name = hostHeader
      .exec(header)?.[1]
      ?.toLowerCase()
      .replace(/^\[|\]$/g, '');
    if (name === undefined) return false;
    if (name === bound || name === 'localhost' || isLoopback(name)) return true;
    return everywhere.has(bound) && isIP(name) !== 0;
  };
}

function isLoopback(name: string): boolean {
  const version = isIP(name);
  return version !== 0 && loopback.check(name, version === 4 ? 'ipv4' : 'ipv6');
}
