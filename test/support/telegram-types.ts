import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Which types a schema was made from: the version of `@grammyjs/types` and a digest over its declaration files. */
export type TypesMark = { readonly version: string; readonly sha256: string };

export type SchemaFixture = {
  readonly madeFrom: TypesMark;
  readonly definitions: Readonly<Record<string, unknown>>;
};

/** Where `npm run schema:telegram` writes and the tests read the JSON schema of the Bot API. */
export const schemaFile = join(import.meta.dirname, '../fixtures/telegram/schema.json');

/** The declaration files of the installed `@grammyjs/types`, in the order of their names. */
export function readTelegramTypes() {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('@grammyjs/types'));
  const { version } = require('@grammyjs/types/package.json') as { readonly version: string };
  const names = readdirSync(folder).filter((name) => name.endsWith('.d.ts'));
  const files = names.sort().map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  const sha256 = createHash('sha256').update(JSON.stringify(files)).digest('hex');
  return { files, madeFrom: { version, sha256 } satisfies TypesMark };
}
