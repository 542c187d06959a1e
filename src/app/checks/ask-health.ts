import type { Clock } from '../../kit/clock.ts';
import { createHttpClient } from '../../providers/http/http-exchange.ts';

const timeoutMs = 5_000;
const bodyLimitBytes = 10_000;

/** The status with which the address answers; undefined when nothing does. Never through a proxy. */
export async function askHealth(url: string, clock: Clock): Promise<number | undefined> {
  await using http = createHttpClient();
  using deadline = clock.deadline(timeoutMs);
  const reply = await http.call({ method: 'GET', url, headers: {}, signal: deadline, bodyLimitBytes });
  return reply.kind === 'answer' ? reply.status : undefined;
}
