import type { OpenCall } from './call-log.ts';
import { parseChatBody, type ChatBody } from './openai.ts';
import type { RouteMatch } from './request.ts';
import { parseRunBody, promptOf, type Parsed, type RunBody } from './run-body.ts';

/** The parsed request for a run or a chat. */
export type ModelRequest =
  | { readonly kind: 'run'; readonly model: string; readonly parsed: Parsed<RunBody> }
  | { readonly kind: 'chat'; readonly model: string | undefined; readonly parsed: Parsed<ChatBody> };

/** Parses the body; undefined for a route that runs no model. */
export function parseModelRequest(match: RouteMatch, body: string): ModelRequest | undefined {
  if (match.route === 'run') return { kind: 'run', model: match.model ?? '', parsed: parseRunBody(body) };
  if (match.route !== 'chat') return undefined;
  const parsed = parseChatBody(body);
  return { kind: 'chat', model: parsed.ok ? parsed.value.model : undefined, parsed };
}

/** Records model, prompt and parameters on the call, whether or not the call succeeds. */
export function recordModelRequest(call: OpenCall, modelRequest: ModelRequest): void {
  if (modelRequest.model !== undefined) call.model = modelRequest.model;
  if (!modelRequest.parsed.ok) return;
  const prompt = promptOf(modelRequest.kind === 'chat' ? modelRequest.parsed.value.body : modelRequest.parsed.value);
  if (prompt !== undefined) call.prompt = prompt;
  if (modelRequest.kind !== 'run') return;
  const { params } = modelRequest.parsed.value;
  if (Object.keys(params).length > 0) call.params = params;
}
