const longest = 200;

/** The model id as it stands in the path, its slash not encoded; undefined when it could name another path. */
export function modelPath(model: string): string | undefined {
  if (model.length > longest) return undefined;
  const isSafe = model
    .split('/')
    .every((segment) => /^[A-Za-z0-9._:@+~-]+$/.test(segment) && !segment.includes('..') && segment !== '.');
  return isSafe ? model : undefined;
}
