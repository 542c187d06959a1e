import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';

const load = createRequire(import.meta.url);

/** The library for YAML, loaded when a file is read with it: most bots have no such file, and it is large. */
export function yaml(): typeof Yaml {
  return load('yaml') as typeof Yaml;
}
