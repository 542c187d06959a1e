import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Plain JavaScript, before any TypeScript: from the second start on Node then finds main.ts too in what it kept, and does
// without its own reader of TypeScript, which is some 10 MB of memory at the start.
enableCompileCache(join(import.meta.dirname, '..', 'node_modules', '.cache', 'darkroom'));
await import('../src/main.ts');
