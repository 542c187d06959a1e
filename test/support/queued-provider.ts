import { join } from 'node:path';
import { startBflSandbox } from '../../sandbox/bfl/bfl-sandbox.ts';
import { startComfyuiSandbox } from '../../sandbox/comfyui/comfyui-sandbox.ts';
import { startFalSandbox } from '../../sandbox/fal/fal-sandbox.ts';
import { startReplicateSandbox } from '../../sandbox/replicate/replicate-sandbox.ts';

export const queuedProviders = ['fal', 'replicate', 'bfl', 'comfyui'] as const;
export type QueuedProviderName = (typeof queuedProviders)[number];

/** The models that each of them is asked for. */
export const queuedModels = {
  fal: { image: 'fal-ai/flux/schnell', edit: 'fal-ai/flux-pro/kontext', video: 'fal-ai/wan/v2.2-5b/text-to-video' },
  replicate: {
    image: 'black-forest-labs/flux-schnell',
    edit: 'black-forest-labs/flux-kontext-pro',
    video: 'minimax/video-01',
  },
  bfl: { image: 'flux-2-pro', edit: 'flux-kontext-pro', video: 'flux-3-video' },
  comfyui: { image: 'sdxl', edit: 'sdxl', video: 'wan' },
} as const satisfies Record<QueuedProviderName, object>;

type Call = { readonly route: string; readonly prompt?: string; readonly leakedKey?: boolean };

/** A stand-in for a provider whose runs outlive a call, the same for all of them. */
export type QueuedProvider = AsyncDisposable & {
  /** The settings of a bot that uses it with one key. */
  readonly env: Readonly<Record<string, string>>;
  readonly calls: readonly Call[];
  /** The words of every run that was submitted. */
  submissions(): readonly (string | undefined)[];
  /** How often somebody asked how a run stands. */
  looks(): number;
  hold(): { release(): void };
  /** Has the next runs end as refused. */
  refuse(): void;
};

/** The workflows of the documentation: a picture, an edit, a video. */
export const exampleWorkflows = ['picture', 'edit', 'video']
  .map((name) => join(import.meta.dirname, '..', '..', 'docs', 'comfyui', `${name}.json`))
  .join(',');

const key = 'canary-key-of-a-queue-0123456789';

export async function startQueuedProvider(name: QueuedProviderName): Promise<QueuedProvider> {
  const accounts = [{ name: 'account 1', key }];
  switch (name) {
    case 'fal': {
      const fal = await startFalSandbox({ accounts });
      const env = { FAL_KEY: key, FAL_BASE_URL: fal.serviceUrl, FAL_QUEUE_BASE_URL: fal.queueUrl };
      return common(fal, env, ['submit', 'run'], ['status'], () => fal.setEnding('refused'));
    }
    case 'replicate': {
      const replicate = await startReplicateSandbox({ accounts });
      const env = { REPLICATE_API_TOKEN: key, REPLICATE_BASE_URL: replicate.baseUrl };
      return common(replicate, env, ['create'], ['get'], () => replicate.setEnding('nsfw'));
    }
    case 'bfl': {
      const bfl = await startBflSandbox({ accounts });
      const env = { BFL_API_KEY: key, BFL_BASE_URL: bfl.baseUrl };
      return common(bfl, env, ['submit'], ['result'], () => bfl.setEnding('Content Moderated'));
    }
    case 'comfyui': {
      const server = await startComfyuiSandbox();
      const env = { COMFYUI_BASE_URL: server.baseUrl, COMFYUI_WORKFLOW_FILE: exampleWorkflows };
      return common(server, env, ['submit'], ['history'], () => server.setEnding('refused'));
    }
  }
}

type StandIn = AsyncDisposable & {
  /** Where its results are, if that is not the server itself. */
  readonly mediaHost?: string;
  readonly calls: readonly Call[];
  hold(): { release(): void };
};

function common(
  standIn: StandIn,
  env: Readonly<Record<string, string>>,
  submits: readonly string[],
  looks: readonly string[],
  refuse: () => void,
): QueuedProvider {
  return {
    env: { ...env, ...(standIn.mediaHost === undefined ? {} : { MEDIA_ALLOW_PRIVATE_HOSTS: standIn.mediaHost }) },
    calls: standIn.calls,
    submissions: () => standIn.calls.flatMap(({ route, prompt }) => (submits.includes(route) ? [prompt] : [])),
    looks: () => standIn.calls.filter(({ route }) => looks.includes(route)).length,
    hold: () => standIn.hold(),
    refuse,
    [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
  };
}
