import type { SourceFile } from './source-files.ts';

/**
 * The groups of files that import each other in a circle, value and type-only imports alike; each group in the order of
 * its paths. Tarjan's strongly connected components.
 */
export function importCycles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports.map(({ to }) => to)]));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const cycles: string[][] = [];

  const visit = (path: string): void => {
    order.set(path, order.size);
    lowest.set(path, order.get(path) ?? 0);
    stack.push(path);
    onStack.add(path);
    const lower = (number: number) => lowest.set(path, Math.min(lowest.get(path) ?? 0, number));
    for (const to of importsOf.get(path) ?? []) {
      if (!importsOf.has(to)) continue;
      if (!order.has(to)) {
        visit(to);
        lower(lowest.get(to) ?? 0);
      } else if (onStack.has(to)) {
        lower(order.get(to) ?? 0);
      }
    }
    if (lowest.get(path) !== order.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    for (const member of group) onStack.delete(member);
    if (group.length > 1 || importsOf.get(path)?.includes(path) === true) cycles.push(group.sort());
  };

  for (const { path } of files) if (!order.has(path)) visit(path);
  return cycles;
}
