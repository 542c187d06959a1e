import type { ListedModel, ModelsReply, SecretValue } from '../domain/provider.ts';
import { fieldsOf, type HttpCall, parseJson } from './http/http-exchange.ts';
import { type KeyedClient, malformed, noPersonsText } from './keyed-client.ts';

/** Where a provider's answer has its list, and what the entries call a model. */
export type ModelListShape = { readonly list: string; readonly id: string };

const maxModels = 100_000;

/** Asks for a list of models and reads it; entries without an id are passed over. */
export async function listModels(
  client: KeyedClient,
  call: HttpCall,
  secret: SecretValue,
  { list, id }: ModelListShape,
): Promise<ModelsReply> {
  const reply = await client.call(call, secret, noPersonsText);
  if (!reply.ok) return reply;
  const parsed = parseJson(reply.answer.body);
  const body = parsed.ok ? parsed.value : undefined;
  // Some answer the list alone.
  const entries = Array.isArray(body) ? (body as readonly unknown[]) : fieldsOf(body)?.get(list);
  if (!Array.isArray(entries)) return malformed(reply.answer, 'no list of models');
  const models = entries.slice(0, maxModels).flatMap((entry): readonly ListedModel[] => {
    const fields = fieldsOf(entry);
    const model = fields?.get(id);
    if (typeof model !== 'string' || model === '' || model.length > 200) return [];
    const endsOn = dayOf(fields?.get('shutdown_date'));
    return [endsOn === undefined ? { model } : { model, endsOn }];
  });
  return { ok: true, models };
}

/** A day in UTC from a date as text, or from seconds since 1970. */
function dayOf(value: unknown): string | undefined {
  const isText = typeof value === 'string' && /^\d{4}-\d\d-\d\d(?:T|$)/.test(value);
  const atMs = isText ? Date.parse(value) : typeof value === 'number' && value > 1e9 ? value * 1000 : Number.NaN;
  return atMs < 4e12 ? new Date(atMs).toISOString().slice(0, 10) : undefined;
}
