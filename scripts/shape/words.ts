import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** Where a word that has a plainer name still stands. */
export type FoundWord = {
  readonly word: string;
  readonly instead: string;
  readonly path: string;
  readonly line: number;
};

const codeFolders = ['src', 'sandbox', 'simulator', 'bench', 'faults', 'scripts', 'test'];
const wordsSchema = z
  .array(
    z.strictObject({
      word: z.string(),
      pattern: z.string(),
      instead: z.string(),
      /** Where the word means something else. */
      except: z.string().optional(),
    }),
  )
  .readonly();

/** The words of words.json in code, comments and names of files; `words.json` itself is left out. */
export function wordsLeft(root: string): readonly FoundWord[] {
  const file = join(import.meta.dirname, 'words.json');
  const words = wordsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const patterns = words.map(({ pattern, except = '^$', ...word }) => ({
    ...word,
    regex: new RegExp(pattern),
    elsewhere: new RegExp(except),
  }));
  return codeFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => {
        const path = `${folder}/${name.replaceAll('\\', '/')}`;
        const lines = [path, ...readFileSync(join(root, path), 'utf8').split('\n')];
        return lines.flatMap((text, line) =>
          patterns.flatMap(({ word, instead, regex, elsewhere }) =>
            regex.test(text) && !elsewhere.test(path) ? [{ word, instead, path, line }] : [],
          ),
        );
      }),
  );
}
