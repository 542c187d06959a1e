import { join } from 'node:path';

/** What a process of Node needs in its environment to find the sources compiled, as the bot's own start does. */
export const compiled = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'darkroom'),
};
