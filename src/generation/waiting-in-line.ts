import type { JobEngine } from '../domain/job-engine.ts';
import type { ProviderName } from '../domain/provider-name.ts';

/** How many jobs of a line wait, parked ones included. */
export async function waitingInLine(engine: JobEngine, line: ProviderName): Promise<number> {
  const { lines } = await engine.stats();
  const waiting = lines.find((stats) => stats.line === line)?.waiting;
  return waiting === undefined ? 0 : waiting.free + waiting.premium;
}
