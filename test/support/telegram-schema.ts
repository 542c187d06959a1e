import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { schemaFile, type SchemaFixture } from './telegram-types.ts';

/** Checks values against the types of Telegram; returns one line per mismatch, none when all match. */
export type TelegramSchema = {
  /** The parameters of a call as the sandbox records them. */
  call(method: string, params: Readonly<Record<string, unknown>>): readonly string[];
  result(method: string, result: unknown): readonly string[];
  update(update: unknown): readonly string[];
};

type Property = { readonly type?: string | readonly string[] };

/** Loads the JSON schema of the Bot API, which `npm run schema:telegram` makes from the package `@grammyjs/types`. */
export function telegramSchema(): TelegramSchema {
  const { definitions } = JSON.parse(readFileSync(schemaFile, 'utf8')) as SchemaFixture;
  const api = Object.keys(definitions).find((name) => name.startsWith('ApiMethods<'));
  if (api === undefined) throw new Error(`Cannot read ${schemaFile}: it has no ApiMethods`);
  const methods = propertiesOf(definitions[api]);
  // Using the schema checks it; a separate check would take longer than all the tests.
  const ajv = new Ajv({ allowUnionTypes: true, validateSchema: false, code: { optimize: false } });
  // Under one name, so that a type which many others refer to is compiled once.
  ajv.addSchema({ definitions }, 'telegram');
  const compiled = new Map<string, ValidateFunction>();
  const check = (pointer: string, value: unknown): readonly string[] => {
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `telegram#/definitions/${pointer}` });
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
