/**
 * Writes the JSON schema of the Bot API, made from the types of `@grammyjs/types`, to test/fixtures/telegram/schema.json.
 *
 * Run `npm run schema:telegram` after `@grammyjs/types` has changed (it comes with grammy); a test compares the fixture
 * with the installed types and says when it is due. The generator brings a TypeScript of its own, so it is no dependency:
 * this script installs it, pinned, into a temporary folder and needs the npm registry once.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTelegramTypes, schemaFile, type SchemaFixture } from '../test/support/telegram-types.ts';

const generatorPackage = 'ts-json-schema-generator@2.9.0';
const generatorFlags =
  '--path entry.ts --tsconfig tsconfig.json --type Telegram --expose export --jsDoc none --no-type-check --out schema.json'.split(
    ' ',
  );

const entry = `
import type { ApiMethods } from './methods.js';
import type { Update } from './update.js';
/** An upload as the sandbox records it. */
export interface GivenFile { name: string; bytes: number }
export interface Telegram { methods: ApiMethods<GivenFile>; update: Update }
`;

const folder = mkdtempSync(join(tmpdir(), 'darkroom-telegram-types-'));
try {
  const types = readTelegramTypes();
  for (const { name, text } of types.files) writeFileSync(join(folder, name), rewritten(text));
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', types: [] };
  writeFileSync(join(folder, 'entry.ts'), entry);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['entry.ts'] }));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  runNpm('install', '--no-audit', '--no-fund', generatorPackage);
  runNpm('exec', '--', 'ts-json-schema-generator', ...generatorFlags);
  const { definitions } = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8')) as SchemaFixture;
  writeFileSync(schemaFile, oneDefinitionPerLine({ madeFrom: types.madeFrom, definitions }));
  process.stdout.write(`wrote ${schemaFile} from @grammyjs/types ${types.madeFrom.version}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runNpm(...args: readonly string[]): void {
  execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * The generator skips method signatures, so each method becomes a property with its arguments and its result. A
 * NonNullable becomes an intersection with `{}`, which nothing satisfies once no further properties are allowed. And a
 * message with a caption is said to have no medium.
 */
function rewritten(source: string): string {
  return source
    .replaceAll(/^ {4}(\w+)\(\): (.+);$/gm, '    $1: { args: {}; result: $2 };')
    .replaceAll(/^ {4}(\w+)\(args\??: \{$/gm, '    $1: { args: {')
    .replaceAll(/^ {4}\}\): (.+);$/gm, '    }; result: $1 };')
    .replaceAll('NonNullable<Message[P]>', 'Exclude<Message[P], undefined>')
    .replaceAll('Message.CaptionableMessage', 'Message');
}

/** A change of one type is a change of one line. */
function oneDefinitionPerLine({ madeFrom, definitions }: SchemaFixture): string {
  const lines = Object.entries(definitions).map(
    ([name, schema]) => `${JSON.stringify(name)}:${JSON.stringify(schema)}`,
  );
  return `{"madeFrom":${JSON.stringify(madeFrom)},"definitions":{\n${lines.join(',\n')}\n}}\n`;
}
