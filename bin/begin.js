import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Plain JavaScript, before any TypeScript: from the second start on Node then finds main.ts too in what it kept, and does
// without its own reader of TypeScript, which is some 10 MB of memory at the start.
// Results are synced to the disk side by side, and the log of the database beside them: four threads, as Node has, are a
// queue on a slow disk.
process.env.UV_THREADPOOL_SIZE ??= '16';
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'darkroom'));
await import('../src/main.ts');
