import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

type Operation = {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
};
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };

/** Reads what an API says of itself, checked by a validator of OpenAPI documents that is not ours. */
export async function readDescription(get: (path: string) => Promise<Response>) {
  const response = await get('/openapi.json');
  const text = await response.text();
  const document = JSON.parse(text) as Document & Record<string, unknown>;
  const { valid, errors } = await new Validator().validate(JSON.parse(text) as Record<string, unknown>);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, 'api');
  const paths = Object.keys(document.paths);
  const known = new Map<object, ValidateFunction>();
  const pathOf = (method: string, url: string) =>
    paths.find(
      (candidate) =>
        matches(candidate, new URL(url, 'http://x').pathname) &&
        document.paths[candidate]?.[method.toLowerCase()] !== undefined,
    );
  return {
    document,
    valid,
    errors,
    paths,
    describes: (method: string, url: string) => pathOf(method, url) !== undefined,
    /** What in the answer is not as described; empty when all of it is. */
    deviations: async (method: string, url: string, answered: Response): Promise<readonly string[]> => {
      const path = pathOf(method, url) ?? `unknown ${new URL(url, 'http://x').pathname}`;
      const response = document.paths[path]?.[method.toLowerCase()]?.responses[String(answered.status)];
      const where = `${method} ${path} ${answered.status}`;
      if (response === undefined) return [`${where} is not described`];
      const [type = ''] = (answered.headers.get('content-type') ?? '').split(';');
      const schema = (response.content?.[type] ?? response.content?.[`${type.split('/')[0]}/*`])?.schema;
      if (response.content === undefined)
        return (await answered.clone().text()) === '' ? [] : [`${where} should be empty`];
      if (schema === undefined) return [`${where} is described without ${type}`];
      // A stream of events may never end.
      if (!type.endsWith('json')) return [];
      const text = await answered.clone().text();
      const validate = known.get(schema) ?? ajv.compile({ ...schema, components: document['components'] });
      known.set(schema, validate);
      return validate(JSON.parse(text))
        ? []
        : (validate.errors ?? []).map((error) => `${where} ${JSON.stringify(error)}`);
    },
  };
}

/**
 * True when the path fits the template; parts without a variable are preferred by the order of the routes. Names of models
 * have slashes.
 */
function matches(template: string, path: string): boolean {
  const [parts, given] = [template.split('/'), path.split('/')];
  const fits = template.endsWith('{model}') ? parts.length <= given.length : parts.length === given.length;
  return fits && parts.every((part, index) => part.startsWith('{') || part === given[index]);
}
