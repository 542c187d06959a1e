import type { JobReader } from '../domain/job-reader.ts';
import type { ProviderName } from '../domain/provider-name.ts';

/** How many jobs of a line wait, parked ones included. */
export async function waitingInLine(reader: Pick<JobReader, 'stats'>, line: ProviderName): Promise<number> {
  const { lines } = await reader.stats();
  const waiting = lines.find((stats) => stats.line === line)?.waiting;
  return waiting === undefined ? 0 : waiting.free + waiting.premium;
}
