import type { Clock } from '../src/kit/clock.ts';
import type { BytezSandbox } from './bytez/bytez-sandbox.ts';
import { startHordeSandbox } from './horde/horde-sandbox.ts';
import { jsonReply, type StandInReply } from './http/stand-in-server.ts';
import { startOpenAiSandbox } from './openai/openai-sandbox.ts';

export const providerModes = ['working', 'down', 'empty', 'refusing'] as const;
/** `down`: every call fails; `empty`: it serves no model; `refusing`: it declines every request by its words. */
export type ProviderMode = (typeof providerModes)[number];

/** One provider of the chain, which a visitor of the page can break. */
export type BreakableProvider = {
  readonly name: string;
  /** The ways in which it can be broken here. */
  readonly modes: readonly ProviderMode[];
  set(mode: ProviderMode): void;
};

export type DemoProviders = AsyncDisposable & {
  /** The settings of a bot that uses them. */
  readonly env: Readonly<Record<string, string>>;
  /** `host:port` of their results. */
  readonly mediaHosts: readonly string[];
  /** In the order of the chain, behind Bytez. */
  readonly providers: readonly BreakableProvider[];
};

const demoKey = 'sk-demo-key-that-opens-nothing-at-all';
const hordeWorkMs = 2_500;

/** The providers behind Bytez in the demo: the Horde with its anonymous key, and OpenAI. */
export async function startDemoProviders(clock: Clock): Promise<DemoProviders> {
  await using opening = new AsyncDisposableStack();
  const horde = opening.use(await startHordeSandbox({ clock, workMs: hordeWorkMs }));
  const openai = opening.use(await startOpenAiSandbox({ clock, accounts: [{ name: 'account 1', key: demoKey }] }));
  const opened = opening.move();
  return {
    env: {
      HORDE_API_KEY: '0000000000',
      HORDE_BASE_URL: horde.baseUrl,
      OPENAI_API_KEY: demoKey,
      OPENAI_BASE_URL: openai.baseUrl,
    },
    mediaHosts: [horde.mediaHost, openai.mediaHost],
    providers: [
      {
        name: 'horde',
        modes: providerModes,
        set: (mode) => {
          const replies = mode === 'working' ? [] : [{ route: 'submit' as const, reply: hordeReplies[mode] }];
          horde.setFaults(replies);
        },
      },
      {
        name: 'openai',
        modes: providerModes,
        set: (mode) => {
          const routes = ['images', 'edits', 'speech', 'chat'] as const;
          openai.setFaults(mode === 'working' ? [] : routes.map((route) => ({ route, reply: openAiReplies[mode] })));
        },
      },
    ],
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Bytez, whose keys have a row of faults each on the page. */
export function breakableBytez(bytez: Pick<BytezSandbox, 'setDown' | 'setCatalog'>): BreakableProvider {
  return {
    name: 'bytez',
    modes: ['working', 'down', 'empty'],
    set: (mode) => {
      bytez.setDown(mode === 'down');
      bytez.setCatalog(mode === 'empty' ? 'empty' : 'full');
    },
  };
}

type Replies = Readonly<Record<Exclude<ProviderMode, 'working'>, StandInReply>>;

const hordeReplies: Replies = {
  down: jsonReply(503, { message: 'The Horde is in maintenance mode.', rc: 'MaintenanceMode' }),
  empty: jsonReply(400, { message: 'The requested model is not known.', rc: 'UnexpectedModelName' }),
  refusing: jsonReply(400, { message: 'This prompt appears to violate our terms of service.', rc: 'CorruptPrompt' }),
};

const openAiReplies: Replies = {
  down: openAiError(503, 'The server is overloaded.', 'server_is_overloaded'),
  empty: openAiError(404, 'The model does not exist or you do not have access to it.', 'model_not_found'),
  refusing: openAiError(400, 'Your request was rejected by our safety system.', 'moderation_blocked'),
};

function openAiError(status: number, message: string, code: string): StandInReply {
  return jsonReply(status, { error: { message, type: 'invalid_request_error', param: null, code } });
}
