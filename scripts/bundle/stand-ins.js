/** Plugins of the bundler: what is left out of the bundle, and what is loaded later than an import statement would. */
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** Nothing that starts needs them, and they take milliseconds: loaded at their first use. */
const slow = new Set(['child_process', 'https']);

/** grammY and its runner load them for a client that the bot replaces with its own. */
const packages = new Map([
  ['node-fetch', 'export default globalThis.fetch;'],
  ['abort-controller', 'export const { AbortController, AbortSignal } = globalThis; export default AbortController;'],
]);

/** Code that the bundle gets in place of a module, kept by the id under which the bundler knows it. */
const codes = new Map();

function standIn(name, code) {
  const id = `\0stand-in:${name}`;
  codes.set(id, code);
  return { id, moduleSideEffects: false };
}

/** Modules with less in their place. */
export const leaner = {
  name: 'leaner',
  resolveId(id, importer = '', { kind }) {
    const code = packages.get(id);
    if (code !== undefined) return standIn(id, code);
    // The bundler's own few lines begin before everything else.
    if (isBuiltin(id) && !importer.includes('rolldown/runtime'))
      return standInForBuiltin(id.replace('node:', ''), kind);
    if (importer.endsWith('/undici/lib/dispatcher/client.js') && id === './client-h2.js') {
      const real = JSON.stringify(join(dirname(importer), id));
      return standIn('http2 of undici', `module.exports = (...given) => require(${real})(...given);`);
    }
    return null;
  },
  load(id) {
    // The errors of zod in forty languages.
    if (id.endsWith('/zod/v4/locales/index.js')) return "export { default as en } from './en.js';";
    return codes.get(id) ?? null;
  },
};

/**
 * A module of Node of which only what is imported is read. For an import statement Node itself reads every property, and
 * some load more: those of `node:http` load a second undici.
 */
function standInForBuiltin(name, kind) {
  const full = `node:${name}`;
  const given = `process.getBuiltinModule('${full}')`;
  const whole = slow.has(name) ? `new Proxy({}, { get: (_, key) => ${given}[key] })` : given;
  if (kind === 'require-call') return slow.has(name) ? standIn(`slow ${name}`, `module.exports = ${whole};`) : null;
  if (kind !== 'import-statement') return null;
  const keys = Object.keys(process.getBuiltinModule(full)).filter((key) => key !== 'default' && /^[\w$]+$/.test(key));
  const read = keys.map((key, index) => `const v${index} = /* @__PURE__ */ (() => ${given}.${key})();`);
  const names = keys.map((key, index) => `v${index} as ${key}`);
  return standIn(
    `builtin ${name}`,
    [`const whole = ${whole};`, 'export default whole;', ...read, `export { ${names.join(', ')} };`].join('\n'),
  );
}

const inDevelopment = /(?:^|\/)(?:sandbox|simulator)\//;

/**
 * Lets the code of each file below `root`/src find its neighbours as before, though it runs from `folder`. Leaves sandbox
 * and simulator where they are, and the machine code of undici: two of its four files are never read.
 */
export function ownPlaces(root, folder) {
  const outside = (importer, id) => ({ id: relative(folder, resolve(dirname(importer), id)), external: true });
  return {
    name: 'own-places',
    resolveId(id, importer) {
      if (importer === undefined || !id.startsWith('.')) return null;
      if (inDevelopment.test(id)) return outside(importer, id);
      const isMachineCode = importer.includes('/undici/lib/') && /\/(?:llhttp\/.*wasm|milo\/.*simd)\.js$/.test(id);
      return isMachineCode ? outside(importer, id) : null;
    },
    transform(code, id) {
      if (!id.startsWith(join(root, 'src/')) || !code.includes('import.meta.')) return null;
      const place = JSON.stringify(relative(folder, id));
      const home = JSON.stringify(`/${relative(folder, dirname(id))}`);
      return {
        // On the same line, so that a stack names the right one.
        code: code
          .replaceAll('import.meta.dirname', `(import.meta.dirname + ${home})`)
          .replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`),
        map: null,
      };
    },
  };
}
