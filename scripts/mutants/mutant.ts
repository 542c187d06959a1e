/** One defence taken out of the sources, and the tests that notice. */
export type Mutant = {
  readonly name: string;
  /** Text that occurs exactly once in all of `src`; its file is found by it. */
  readonly find: string;
  readonly put: string;
  /** Parts of the paths of test files, as vitest takes them. */
  readonly tests: readonly string[];
};

/** A row of a list of mutants. */
export function mutant(name: string, find: string, put: string, ...tests: readonly string[]): Mutant {
  return { name, find, put, tests };
}

export type Place = { readonly file: string; readonly changed: string };

/**
 * Where a mutant changes the sources (path -> text); throws when its text is not there exactly once, or the change is
 * none.
 */
export function placeOf({ name, find, put }: Mutant, sources: ReadonlyMap<string, string>): Place {
  const found = [...sources].flatMap(([file, text]) => {
    const times = text.split(find).length - 1;
    return times === 0 ? [] : [{ file, text, times }];
  });
  const times = found.reduce((sum, one) => sum + one.times, 0);
  const [first] = found;
  if (first === undefined || times !== 1) {
    const where = found.map(({ file }) => file).join(', ');
    throw new Error(
      `Cannot apply "${name}": its text is in the sources ${times} times${where === '' ? '' : ` (${where})`}`,
    );
  }
  if (find === put) throw new Error(`Cannot apply "${name}": it changes nothing`);
  return { file: first.file, changed: first.text.replace(find, () => put) };
}

/** Throws when the mutant names tests that are not there: the others alone would not have to notice. */
export function checkTests({ name, tests }: Mutant, testFiles: readonly string[]): void {
  const missing = tests.filter((part) => !testFiles.some((file) => file.includes(part)));
  if (missing.length > 0) throw new Error(`Cannot try "${name}": there is no test ${missing.join(', ')}`);
}
