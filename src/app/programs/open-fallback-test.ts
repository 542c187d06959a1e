import { randomUUID } from 'node:crypto';
import type { JobKind } from '../../domain/kinds.ts';
import type { FallbackReport, FallbackRequest } from '../../http/routes/fallback-routes.ts';
import { testFallback } from '../../jobs/fallback-test.ts';
import type { ProviderDefinition } from '../../providers/provider-definition.ts';
import type { Core } from '../core.ts';

const kinds = { text: 'chat', chat: 'chat', image: 'image' } as const satisfies Record<string, JobKind>;
const whyWords = {
  refused: 'the provider refuses the request itself; another key would meet the same',
  'no-seat': 'no further key is free',
  'cannot-list': 'the provider has no list of models',
} as const;

/** Makes the test of a request over HTTP out of the parts of the core. */
export async function openFallbackTest(
  { provider: name, type, prompt, model, maxTokens }: FallbackRequest,
  signal: AbortSignal,
  { core, definitions }: { readonly core: Core; readonly definitions: readonly ProviderDefinition[] },
): Promise<FallbackReport> {
  const provider = core.providers.get(name);
  if (provider === undefined) return { kind: 'no-such-provider' };
  const tools = { pool: core.pool, provider, clock: core.clock, newId: randomUUID };
  if (type === 'models') return reportOf(await testFallback({ type }, signal, tools), null);
  const kind = kinds[type];
  const inChain = core.chains[kind].find((candidate) => candidate.provider === name)?.model;
  const builtIn = definitions.find((definition) => definition.name === name)?.chains[kind]?.[0];
  const asked = model ?? inChain ?? builtIn;
  if (asked === undefined) return { kind: 'no-model' };
  if (maxTokens !== undefined && (kind !== 'chat' || provider.relays?.has('chat') !== true)) {
    return { kind: 'no-token-limit' };
  }
  const limit =
    maxTokens === undefined
      ? {}
      : {
          relay: {
            route: 'chat',
            fields: { messages: [{ role: 'user', content: prompt }], max_tokens: maxTokens },
          } as const,
        };
  const request = { kind, model: asked, prompt, inputs: [], ...limit };
  return reportOf(await testFallback({ type: 'generate', request }, signal, tools), asked);
}

function reportOf(result: Awaited<ReturnType<typeof testFallback>>, model: string | null): FallbackReport {
  const made = result.kind === 'answered' ? result.made : undefined;
  return {
    kind: 'tested',
    success: result.kind === 'answered',
    model,
    text: made?.kind === 'text' ? made.text : null,
    files: made?.kind === 'files' ? made.files : null,
    models: made?.kind === 'models' ? made.models : null,
    error: result.kind === 'failed' ? whyWords[result.why] : null,
    trail: result.trail.map((call) => ({
      keyName: call.keyName,
      ok: call.ok,
      ms: call.ms,
      blame: call.ok ? null : call.failure.blame,
      reason: call.ok ? null : call.failure.reason,
      detail: call.ok ? null : call.failure.detail,
    })),
  };
}
