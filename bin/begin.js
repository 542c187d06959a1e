const { readFileSync, realpathSync, statSync } = process.getBuiltinModule('node:fs');
const { enableCompileCache } = process.getBuiltinModule('node:module');
const root = process.getBuiltinModule('node:path').dirname(import.meta.dirname);

// Plain JavaScript, before any TypeScript: Node's own reader of TypeScript takes time and some 10 MB, and is never loaded
// where the bundle runs, or where every source is in the cache of compiled code.
const cache = `${root}/node_modules/.cache`;
// Results are synced to the disk side by side, and the log of the database beside them: four threads, as Node has, are a
// queue on a slow disk.
process.env.UV_THREADPOOL_SIZE ??= '16';
enableCompileCache(`${cache}/darkroom`);
await import(freshBundle() ?? '../src/main.ts');

/**
 * The program in few files, as scripts/bundle/make-bundle.js made it; undefined where there is none, or where any file that
 * it was made of is no longer the same: then the sources run.
 */
function freshBundle() {
  const home = `${cache}/darkroom-bundle`;
  try {
    const { entry, files } = JSON.parse(readFileSync(`${home}/made-of.json`, 'utf8'));
    // Behind a link it would read the texts and pages of another folder.
    if (realpathSync(home) !== home) return undefined;
    statSync(`${home}/${entry}`);
    for (const [path, size, mtimeS] of files) {
      const found = statSync(`${root}/${path}`);
      if (found.size !== size || Math.floor(found.mtimeMs / 1_000) !== mtimeS) return undefined;
    }
    return `../node_modules/.cache/darkroom-bundle/${entry}`;
  } catch {
    return undefined;
  }
}
