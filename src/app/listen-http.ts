import { type DoorOptions, openDoor } from '../http/open-door.ts';
import type { Listening } from '../http/listen.ts';
import { StartError } from './start-error.ts';

/** Opens the health API; throws a StartError that says why it cannot listen and what to do. */
export async function listenHttp(options: DoorOptions): Promise<Listening> {
  const { host, port } = options;
  try {
    return await openDoor(options);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const fix =
      code === 'EADDRINUSE'
        ? 'something else listens there; stop it or set HTTP_PORT to a free port'
        : `the system says ${code}; set HTTP_HOST and HTTP_PORT to an address of this machine that you may use`;
    throw new StartError(`Cannot listen on ${host}:${port}: ${fix}`, { cause: error });
  }
}
