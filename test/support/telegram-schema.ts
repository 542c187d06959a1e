import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { createGenerator, type Schema } from 'ts-json-schema-generator';

/** Says what is wrong, in one line each; nothing when all is as Telegram's types have it. */
export type TelegramSchema = {
  /** The arguments of a call as the sandbox records them. */
  call(method: string, params: Readonly<Record<string, unknown>>): readonly string[];
  result(method: string, result: unknown): readonly string[];
  update(update: unknown): readonly string[];
};

type Property = { readonly type?: string | readonly string[] };

const require = createRequire(import.meta.url);
const typesFolder = dirname(require.resolve('@grammyjs/types'));
const { version } = require('@grammyjs/types/package.json') as { readonly version: string };
const cacheFolder = join(import.meta.dirname, '../../node_modules/.cache/darkroom');

/** The JSON schema of the Bot API, made from the types of the package `@grammyjs/types` or taken from the last time. */
export function telegramSchema(): TelegramSchema {
  const schema = cachedSchema();
  const api = Object.keys(schema.definitions ?? {}).find((name) => name.startsWith('ApiMethods<'));
  if (api === undefined) throw new Error(`Cannot read @grammyjs/types ${version}: it has no ApiMethods`);
  const methods = propertiesOf(schema.definitions?.[api]);
  // The whole schema is checked by being used; checking it first would take longer than all the tests.
  const ajv = new Ajv({ allowUnionTypes: true, validateSchema: false });
  const { definitions } = schema;
  const compiled = new Map<string, ValidateFunction>();
  const check = (pointer: string, value: unknown): readonly string[] => {
    const validate = compiled.get(pointer) ?? ajv.compile({ definitions, $ref: `#/definitions/${pointer}` });
    compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' ').trim(),
    );
  };
  const checkMethod = (method: string, part: 'args' | 'result', value: unknown) =>
    Object.hasOwn(methods, method)
      ? check(`${encodeURIComponent(api)}/properties/${method}/properties/${part}`, value)
      : [`there is no method ${method}`];
  return {
    call: (method, params) => {
      const args = propertiesOf(propertiesOf(methods[method])['args']);
      return checkMethod(method, 'args', asServerReads(params, args));
    },
    result: (method, result) => checkMethod(method, 'result', result),
    update: (update) => check('Update', update),
  };
}

function propertiesOf(schema: unknown): Readonly<Record<string, Property>> {
  return (schema as { properties?: Record<string, Property> } | undefined)?.properties ?? {};
}

/**
 * Top-level arguments travel as text, so a number is read from its digits; an upload counts where a reference
 * (`attach://name`) points at it, and not as an argument of its own.
 */
function asServerReads(
  params: Readonly<Record<string, unknown>>,
  args: Readonly<Record<string, Property>>,
): Readonly<Record<string, unknown>> {
  const attached = new Set([...JSON.stringify(params).matchAll(/attach:\/\/([^"\\]+)/g)].map(([, name]) => name));
  const read = Object.entries(params).flatMap(([name, value]) => {
    if (attached.has(name)) return [];
    const isDigits = args[name]?.type === 'number' && typeof value === 'string' && /^-?\d+$/.test(value);
    return [[name, isDigits ? Number(value) : value] as const];
  });
  return Object.fromEntries(read);
}

function cachedSchema(): Schema {
  const recipe = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 12);
  const path = join(cacheFolder, `telegram-schema-${version}-${recipe}.json`);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Schema;
  } catch {
    const schema = generate();
    mkdirSync(cacheFolder, { recursive: true });
    const draft = join(cacheFolder, `draft-${process.pid}-${Date.now()}.json`);
    writeFileSync(draft, JSON.stringify(schema));
    renameSync(draft, path);
    return schema;
  }
}

const entry = `
import type { ApiMethods } from './methods.js';
import type { Update } from './update.js';
/** An upload as the sandbox records it. */
export interface GivenFile { name: string; bytes: number }
export interface Telegram { methods: ApiMethods<GivenFile>; update: Update }
`;

function generate(): Schema {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-telegram-types-'));
  try {
    for (const file of readdirSync(typesFolder).filter((name) => name.endsWith('.d.ts'))) {
      writeFileSync(join(folder, file), rewritten(readFileSync(join(typesFolder, file), 'utf8')));
    }
    writeFileSync(join(folder, 'entry.ts'), entry);
    const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', types: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['entry.ts'] }));
    return createGenerator({
      path: join(folder, 'entry.ts'),
      tsconfig: join(folder, 'tsconfig.json'),
      type: 'Telegram',
      expose: 'export',
      jsDoc: 'none',
      additionalProperties: false,
      skipTypeCheck: true,
    }).createSchema('Telegram');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The generator passes over method signatures, so each method becomes a property with its arguments and its result. A
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
