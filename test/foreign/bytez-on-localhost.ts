import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../src/kit/clock.ts';
import { startBytezSandbox, type BytezSandbox, type BytezSandboxOptions } from '../../sandbox/bytez/bytez-sandbox.ts';
import { plainPainter } from '../sandbox/bytez/ask.ts';

/** The port that `bytez.js` uses in its development mode; it cannot be changed. */
const port = 8080;

/** A Bytez sandbox reachable at `localhost:8080`, on every address of that name. */
export async function bytezOnLocalhost(options: Partial<BytezSandboxOptions> = {}): Promise<BytezSandbox> {
  await using opening = new AsyncDisposableStack();
  const sandbox = opening.use(
    await startBytezSandbox({
      clock: systemClock,
      accounts: [{ name: 'ann', key: 'key-of-ann' }],
      painter: plainPainter(),
      ...options,
    }),
  );
  for (const { address } of await lookup('localhost', { all: true })) {
    opening.use(await relay(address, Number(new URL(sandbox.baseUrl).port)));
  }
  const opened = opening.move();
  return { ...sandbox, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Forwards the fixed port to the sandbox, cut connections included. */
async function relay(address: string, sandboxPort: number): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(sandboxPort, '127.0.0.1');
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(end);
      end.setNoDelay(true);
      end.on('error', () => other.destroy());
      end.on('close', () => {
        sockets.delete(end);
        other.destroySoon();
      });
      end.pipe(other);
    }
  });
  await listen(server, address);
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, address: string): Promise<void> {
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(
      `Cannot listen on port ${port} of ${address}: another program has it, and bytez.js knows no other port; end that program and run the tests again`,
      { cause: error },
    );
  }
}
