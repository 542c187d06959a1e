/** The milliseconds that this thread itself worked meanwhile: what other programs take of the processor is not counted. */
export function workedMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
