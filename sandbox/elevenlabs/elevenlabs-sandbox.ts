import { z } from 'zod';
import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from '../http/stand-in-server.ts';
import { silentMp3 } from '../sound/silent-mp3.ts';

export type ElevenlabsRoute = 'speech' | 'music' | 'account' | 'unknown';

/** One request that the stand-in received. */
export type ElevenlabsCall = {
  readonly route: ElevenlabsRoute;
  readonly account?: string;
  readonly voice?: string;
  /** What is to be said, or what a song is to be like. */
  readonly words?: string;
  readonly body?: unknown;
  status?: number;
};

export type ElevenlabsAccount = {
  readonly name: string;
  readonly key: string;
  /** What is left of the month. */
  readonly characters?: number;
  /** Calls at once, which its plan carries; 2 of a free one, which makes no songs. */
  readonly concurrency?: number;
  readonly plan?: 'free' | 'starter';
  /** The key may only speak. */
  readonly isLimited?: boolean;
};

export type ElevenlabsSandboxOptions = {
  readonly accounts: readonly ElevenlabsAccount[];
  readonly port?: number | undefined;
};

/** A running stand-in for the API of ElevenLabs. */
export type ElevenlabsSandbox = AsyncDisposable & {
  /** Without the version path, as in the settings. */
  readonly baseUrl: string;
  readonly calls: readonly ElevenlabsCall[];
  setFaults(faults: readonly ScriptedFault<ElevenlabsRoute>[]): void;
  /** Keeps calls under way until every hold is released. */
  hold(): { release(): void };
};

const monthly = 10_000;

const text = z.strictObject({
  text: z.string().min(1),
  model_id: z.enum(['eleven_v3', 'eleven_flash_v2_5', 'eleven_multilingual_v2']),
  seed: z.int().min(0).max(4_294_967_295).optional(),
});
const maxText = 5_000;

const song = z.strictObject({
  prompt: z.string().min(1).max(4_100),
  model_id: z.enum(['music_v2_5', 'music_v1']),
  music_length_ms: z.int().min(3_000).max(600_000).optional(),
  force_instrumental: z.boolean().optional(),
});

/** Starts the stand-in; it listens when the promise resolves. */
export async function startElevenlabsSandbox(options: ElevenlabsSandboxOptions): Promise<ElevenlabsSandbox> {
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const spent = new Map<string, number>();
  const underWay = new Map<string, number>();
  const calls: ElevenlabsCall[] = [];
  const faults = new FaultScript<ElevenlabsRoute>();
  const holds = new Set<PromiseWithResolvers<void>>();

  const released = async (signal: AbortSignal): Promise<void> => {
    const gone = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => gone.resolve());
    while (holds.size > 0 && !signal.aborted) {
      await Promise.race([gone.promise, ...[...holds].map(({ promise }) => promise)]);
    }
  };

  const left = ({ name, characters = monthly }: ElevenlabsAccount) => characters - (spent.get(name) ?? 0);

  /** Runs a call while the plan has room; every answer tells how many calls it carries. */
  const run = async (account: ElevenlabsAccount, cost: number, seconds: number, asked: StandInRequest) => {
    const { name, concurrency = 2 } = account;
    const before = underWay.get(name) ?? 0;
    const headers = (current: number) => ({
      'current-concurrent-requests': String(current),
      'maximum-concurrent-requests': String(concurrency),
    });
    if (before >= concurrency) {
      const message = `You have exceeded your plan’s limit of ${concurrency} concurrent requests.`;
      return refusal(429, 'too_many_concurrent_requests', message, headers(before));
    }
    if (left(account) < cost) {
      const message = `This request exceeds your quota. You have ${left(account)} credits remaining, while ${cost} credits are required for this request.`;
      return refusal(401, 'quota_exceeded', message, headers(before));
    }
    underWay.set(name, before + 1);
    await released(asked.signal);
    const current = underWay.get(name) ?? 1;
    underWay.set(name, current - 1);
    spent.set(name, (spent.get(name) ?? 0) + cost);
    const type = { 'content-type': 'audio/mpeg' };
    return { kind: 'reply' as const, status: 200, headers: { ...type, ...headers(current) }, body: silentMp3(seconds) };
  };

  const handle = async (asked: StandInRequest, call: ElevenlabsCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    const key = asked.headers['xi-api-key'];
    if (typeof key !== 'string')
      return refusal(401, 'needs_authorization', 'Neither authorization header nor xi-api-key received.');
    const account = accounts.get(key);
    if (account === undefined) return refusal(401, 'invalid_api_key', 'Invalid API key');
    Object.assign(call, { account: account.name });
    if (call.route === 'unknown') return jsonReply(404, { detail: 'Not Found' });
    if (call.route === 'account') {
      if (account.isLimited === true) {
        return refusal(401, 'missing_permissions', 'The API key you used is missing the permission user_read');
      }
      const { characters = monthly, plan = 'free' } = account;
      const used = characters - left(account);
      return jsonReply(200, { tier: plan, character_count: used, character_limit: characters, status: 'active' });
    }
    const body = parsed(asked.body);
    Object.assign(call, { body });
    return call.route === 'speech' ? speak(account, call, asked, body) : compose(account, call, asked, body);
  };

  const speak = async (account: ElevenlabsAccount, call: ElevenlabsCall, asked: StandInRequest, body: unknown) => {
    const read = text.safeParse(body);
    if (!read.success) return unprocessable(read.error);
    const voice = asked.path.split('/').at(-1) ?? '';
    Object.assign(call, { words: read.data.text, voice });
    if (!/^[A-Za-z0-9]{20}$/.test(voice))
      return refusal(404, 'voice_not_found', `A voice with the voice_id ${voice} was not found.`);
    const { length } = read.data.text;
    if (length > maxText) {
      return refusal(400, 'max_character_limit_exceeded', `The text has ${length} characters, more than ${maxText}`);
    }
    return run(account, length, Math.ceil(length / 15), asked);
  };

  const compose = async (account: ElevenlabsAccount, call: ElevenlabsCall, asked: StandInRequest, body: unknown) => {
    const read = song.safeParse(body);
    if (!read.success) return unprocessable(read.error);
    Object.assign(call, { words: read.data.prompt });
    if ((account.plan ?? 'free') === 'free') {
      return refusal(402, 'paid_plan_required', 'The Music API is only available to paid subscribers.');
    }
    return run(account, 1_000, (read.data.music_length_ms ?? 30_000) / 1_000, asked);
  };

  const server = await startStandIn(
    async (asked) => {
      const call: ElevenlabsCall = { route: routeOf(asked) };
      calls.push(call);
      const reply = await handle(asked, call);
      if (reply.kind === 'reply') call.status = reply.status;
      return reply;
    },
    { port: options.port },
  );
  return {
    baseUrl: server.root,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    hold: () => {
      const own = Promise.withResolvers<void>();
      holds.add(own);
      return {
        release: () => {
          holds.delete(own);
          own.resolve();
        },
      };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function routeOf({ method, path }: StandInRequest): ElevenlabsRoute {
  const asked = `${method} ${path}`;
  if (/^POST \/v1\/text-to-speech\/[^/]+$/.test(asked)) return 'speech';
  if (asked === 'POST /v1/music') return 'music';
  return asked === 'GET /v1/user/subscription' ? 'account' : 'unknown';
}

function refusal(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
  return jsonReply(status, { detail: { status: code, message } }, headers);
}

function unprocessable(error: z.ZodError): StandInReply {
  const detail = error.issues.map(({ path, message, code }) => ({ type: code, loc: ['body', ...path], msg: message }));
  return jsonReply(422, { detail });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
