import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';

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
  return {
    document,
    valid,
    errors,
    paths,
    /** What in the answer is not as described; empty when all of it is. */
    deviations: async (method: string, url: string, answered: Response): Promise<readonly string[]> => {
      const path =
        paths.find(
          (candidate) =>
            matches(candidate, new URL(url, 'http://x').pathname) &&
            document.paths[candidate]?.[method.toLowerCase()] !== undefined,
        ) ?? 'no such path';
      const response = document.paths[path]?.[method.toLowerCase()]?.responses[String(answered.status)];
      const where = `${method} ${path} ${answered.status}`;
      if (response === undefined) return [`${where} is not described`];
      const [type = ''] = (answered.headers.get('content-type') ?? '').split(';');
      const schema = response.content?.[type]?.schema;
      const text = await answered.clone().text();
      if (response.content === undefined) return text === '' ? [] : [`${where} should be empty`];
      if (schema === undefined) return [`${where} is described without ${type}`];
      if (!type.endsWith('json')) return [];
      const validate = ajv.compile({ ...schema, components: document['components'] });
      return validate(JSON.parse(text))
        ? []
        : (validate.errors ?? []).map((error) => `${where} ${JSON.stringify(error)}`);
    },
  };
}

/** True when the path fits the template; parts without a variable are preferred by the order of the routes. */
function matches(template: string, path: string): boolean {
  const [parts, given] = [template.split('/'), path.split('/')];
  return parts.length === given.length && parts.every((part, index) => part.startsWith('{') || part === given[index]);
}
