import type { OpenCall } from './call-book.ts';
import { parseChatBody, type ChatBody } from './openai.ts';
import type { Routed } from './request.ts';
import { parseRunBody, promptOf, type Parsed, type RunBody } from './run-body.ts';

/** What a request that takes a seat asks for. */
export type Order =
  | { readonly kind: 'run'; readonly model: string; readonly parsed: Parsed<RunBody> }
  | { readonly kind: 'chat'; readonly model: string | undefined; readonly parsed: Parsed<ChatBody> };

/** Reads the order; nothing when the route takes none. */
export function readOrder(routed: Routed, body: string): Order | undefined {
  if (routed.route === 'run') return { kind: 'run', model: routed.model ?? '', parsed: parseRunBody(body) };
  if (routed.route !== 'chat') return undefined;
  const parsed = parseChatBody(body);
  return { kind: 'chat', model: parsed.ok ? parsed.value.model : undefined, parsed };
}

/** Writes down on the call what was asked for, whatever comes of it. */
export function noteOrder(call: OpenCall, order: Order): void {
  if (order.model !== undefined) call.model = order.model;
  if (!order.parsed.ok) return;
  const prompt = promptOf(order.kind === 'chat' ? order.parsed.value.body : order.parsed.value);
  if (prompt !== undefined) call.prompt = prompt;
  if (order.kind !== 'run') return;
  const { params } = order.parsed.value;
  if (Object.keys(params).length > 0) call.params = params;
}
