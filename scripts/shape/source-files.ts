import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The folders whose imports the table of rooms rules; those that do not exist are skipped. */
const codeFolders = ['src', 'sandbox', 'simulator'];

export type Import = {
  /** The imported file, relative to the root of the repository, with slashes. */
  readonly to: string;
  /** It disappears when types are stripped, so nothing of it happens at run time. */
  readonly isType: boolean;
};

export type SourceFile = {
  /** Relative to the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Lines of text, without the empty one after the last newline. */
  readonly lines: number;
  /** The imports of other files of the repository, in their order; packages are left out. */
  readonly imports: readonly Import[];
};

const importStatement =
  /^(?:import|export)\s+(?<type>type\s+)?[^'";]*?\bfrom\s*'(?<from>\.[^']+)'|^import\s*'(?<bare>\.[^']+)'|\bimport\(\s*'(?<dynamic>\.[^']+)'/gm;

/** All TypeScript files of src, sandbox and simulator, in the order of their paths. */
export function readSourceFiles(root: string): readonly SourceFile[] {
  return codeFolders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name.replaceAll('\\', '/')}`),
    )
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')));
}

/** A file with its imports; the text is what prettier or oxfmt leave: one import statement begins one line. */
export function sourceFile(path: string, text: string): SourceFile {
  const imports = [...text.matchAll(importStatement)].map(({ groups = {} }) => {
    const target = groups['from'] ?? groups['bare'] ?? groups['dynamic'] ?? '';
    return {
      to: normalize(join(dirname(path), target)).replaceAll('\\', '/'),
      isType: groups['type'] !== undefined,
    };
  });
  return { path, text, lines: text.replace(/\n$/, '').split('\n').length, imports };
}
