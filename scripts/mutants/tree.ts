import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';

/** A copy of the project in which files may be changed. */
export type Tree = Disposable & {
  readonly root: string;
  /** Every source by its path from the root. */
  readonly sources: ReadonlyMap<string, string>;
  /** Paths from the root. */
  readonly testFiles: readonly string[];
  write(file: string, text: string): void;
  /** Puts everything back that was written. */
  restore(): void;
};

const left: ReadonlySet<string> = new Set(['.git', 'node_modules', 'data', 'coverage']);

/** Copies the project without its history; its packages are linked. */
export function copyTree(project: string): Tree {
  const root = mkdtempSync(join(roomyFolder(), 'darkroom-mutants-'));
  const remove = () => rmSync(root, { recursive: true, force: true });
  try {
    for (const name of readdirSync(project)) {
      if (!left.has(name)) cpSync(join(project, name), join(root, name), { recursive: true });
    }
    symlinkSync(join(project, 'node_modules'), join(root, 'node_modules'));
  } catch (error) {
    remove();
    throw error;
  }
  const sources = new Map(
    filesIn(root, 'src', '.ts').map((file) => [file, readFileSync(join(root, file), 'utf8')] as const),
  );
  const changed = new Set<string>();
  return {
    root,
    sources,
    testFiles: filesIn(root, 'test', '.test.ts'),
    write: (file, text) => {
      changed.add(file);
      writeFileSync(join(root, file), text);
    },
    restore: () => {
      for (const file of changed) writeFileSync(join(root, file), sources.get(file) ?? '');
      changed.clear();
    },
    [Symbol.dispose]: remove,
  };
}

function filesIn(root: string, folder: string, ending: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name.replaceAll(sep, '/')}`);
}

/** Memory where there is room, like the folders of the tests. */
function roomyFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > 2e9 ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}
