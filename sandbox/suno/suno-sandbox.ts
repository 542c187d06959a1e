import { randomUUID } from 'node:crypto';
import type { Clock } from '../../src/kit/clock.ts';
import {
  FaultScript,
  jsonReply,
  type ScriptedFault,
  type StandInReply,
  type StandInRequest,
  startStandIn,
} from '../http/stand-in-server.ts';
import { silentMp3 } from '../sound/silent-mp3.ts';
import { readSong, type SongRequest } from './song-request.ts';

export type SunoRoute = 'submit' | 'record' | 'credit' | 'media' | 'unknown';

/** One request that the stand-in received. */
export type SunoCall = {
  readonly route: SunoRoute;
  readonly account?: string;
  readonly song?: SongRequest;
  /** A key was sent to the host of the songs, which needs none. */
  readonly leakedKey: boolean;
  /** The code in the answer's body; its HTTP status is 200. */
  code?: number;
};

/** How tasks end: two songs in one of the documented forms, or a state of failure; `CALLBACK_EXCEPTION` has its songs. */
export type SunoEnding =
  | 'songs'
  | 'songs-snake-case'
  | 'no-songs'
  | 'CALLBACK_EXCEPTION'
  | 'SENSITIVE_WORD_ERROR'
  | 'CREATE_TASK_FAILED'
  | 'GENERATE_AUDIO_FAILED';

/** The states of a task under way. */
export type SunoProgress = 'PENDING' | 'TEXT_SUCCESS' | 'FIRST_SUCCESS';

export type SunoAccount = { readonly name: string; readonly key: string; readonly credits?: number };

export type SunoSandboxOptions = {
  readonly clock: Clock;
  readonly accounts: readonly SunoAccount[];
  /** Which service it stands for; sunoapi.org when absent. */
  readonly service?: 'suno' | 'kie';
  readonly songSeconds?: number;
  readonly port?: number | undefined;
};

/** A running stand-in for sunoapi.org or kie.ai and for the host of the songs. */
export type SunoSandbox = AsyncDisposable & {
  /** Without the version path, as in the settings. */
  readonly baseUrl: string;
  /** `host:port`, for MEDIA_ALLOW_PRIVATE_HOSTS. */
  readonly mediaHost: string;
  readonly calls: readonly SunoCall[];
  setFaults(faults: readonly ScriptedFault<SunoRoute>[]): void;
  setEnding(ending: SunoEnding): void;
  /** Keeps tasks under way until every hold is released. */
  hold(progress?: SunoProgress): { release(): void };
};

type Task = { readonly id: string; readonly account: string; readonly song: SongRequest };

const creditsOfASong = 12;
/** At most so many requests in ten seconds. */
const [maxRequests, perMs] = [20, 10_000];

const services = {
  suno: { credit: '/generate/credit', noCredit: 429, tooOften: 430 },
  kie: { credit: '/chat/credit', noCredit: 402, tooOften: 429 },
} as const;

/** Starts the stand-in; it listens when the promise resolves. */
export async function startSunoSandbox(options: SunoSandboxOptions): Promise<SunoSandbox> {
  const { clock, service = 'suno', songSeconds = 3 } = options;
  const dialect = services[service];
  const accounts = new Map(options.accounts.map((account) => [account.key, account]));
  const credits = new Map(options.accounts.map(({ name, credits: own = 1_000 }) => [name, own]));
  const tasks = new Map<string, Task>();
  const calls: SunoCall[] = [];
  const faults = new FaultScript<SunoRoute>();
  const holds = new Set<{ readonly progress: SunoProgress }>();
  const askedAtMs = new Map<string, readonly number[]>();
  let ending: SunoEnding = 'songs';

  const isTooOften = ({ name }: SunoAccount): boolean => {
    const recent = (askedAtMs.get(name) ?? []).filter((atMs) => atMs > clock.now() - perMs);
    askedAtMs.set(name, [...recent, clock.now()]);
    return recent.length >= maxRequests;
  };

  const submit = (account: SunoAccount, call: SunoCall, body: string): StandInReply => {
    const read = readSong(body);
    if (!read.ok) return envelope(read.code, read.msg);
    Object.assign(call, { song: read.value });
    const left = credits.get(account.name) ?? 0;
    if (left < creditsOfASong) {
      return envelope(dialect.noCredit, 'The current credits are insufficient. Please top up.');
    }
    credits.set(account.name, left - creditsOfASong);
    const id = randomUUID().replaceAll('-', '');
    tasks.set(id, { id, account: account.name, song: read.value });
    return envelope(200, 'success', { taskId: id });
  };

  const handle = async (asked: StandInRequest, call: SunoCall): Promise<StandInReply> => {
    const scripted = faults.next(call.route);
    if (scripted !== undefined) return scripted;
    if (call.route === 'media') return songFile(asked.path);
    const key = /^Bearer (.+)$/.exec(asked.headers.authorization ?? '')?.[1];
    const account = key === undefined ? undefined : accounts.get(key);
    if (account === undefined) return envelope(401, 'You do not have access permissions');
    Object.assign(call, { account: account.name });
    if (isTooOften(account))
      return envelope(dialect.tooOften, 'Your call frequency is too high. Please try again later.');
    switch (call.route) {
      case 'submit':
        return submit(account, call, asked.body);
      case 'credit':
        return envelope(200, 'success', credits.get(account.name) ?? 0);
      case 'record': {
        const task = tasks.get(asked.query.get('taskId') ?? '');
        if (task?.account !== account.name) return envelope(404, 'task not found');
        Object.assign(call, { song: task.song });
        return envelope(200, 'success', recordOf(task, asked.root, ending, [...holds][0]?.progress));
      }
      case 'unknown':
        return envelope(404, 'The requested path does not exist');
    }
  };

  const songFile = (path: string): StandInReply => {
    const [, id = '', number = ''] = /^\/files\/([0-9a-f]+)-(\d)\.mp3$/.exec(path) ?? [];
    const task = tasks.get(id);
    if (task === undefined) return { kind: 'reply', status: 404, headers: {}, body: 'NoSuchKey' };
    const body = silentMp3(songSeconds, { title: `${titleOf(task.song)} ${number}`, performer: 'Suno' });
    return { kind: 'reply', status: 200, headers: { 'content-type': 'audio/mpeg' }, body };
  };

  const recordOf = (task: Task, root: string, how: SunoEnding, progress: SunoProgress | undefined): object => {
    const { id, song } = task;
    const isFailed = progress === undefined && /FAILED|ERROR/.test(how);
    const state = progress ?? (how.startsWith('songs') || how === 'no-songs' ? 'SUCCESS' : how);
    const songs = [1, 2].map((number) => {
      const isMade = progress === undefined || (progress === 'FIRST_SUCCESS' && number === 1);
      const url = isMade ? `${root}/files/${id}-${number}.mp3` : '';
      const title = titleOf(song);
      return how === 'songs-snake-case'
        ? { id: `${id}-${number}`, audio_url: url, title, tags: song.style ?? '', duration: songSeconds }
        : { id: `${id}-${number}`, audioUrl: url, title, tags: song.style ?? '', duration: songSeconds };
    });
    const hasNone = progress === 'PENDING' || isFailed;
    const list = how === 'no-songs' ? [] : songs;
    const response = { taskId: id, ...(how === 'songs-snake-case' ? { data: list } : { sunoData: list }) };
    return {
      taskId: id,
      parentMusicId: '',
      param: JSON.stringify(song),
      response: hasNone ? null : response,
      status: state,
      type: 'GENERATE',
      errorCode: isFailed ? (how === 'SENSITIVE_WORD_ERROR' ? 400 : 500) : null,
      errorMessage: isFailed ? `The task ended as ${how}` : null,
    };
  };

  const routeOf = ({ method, path }: StandInRequest): SunoRoute => {
    if (method === 'GET' && path.startsWith('/files/')) return 'media';
    const rest = path.startsWith('/api/v1') ? `${method} ${path.slice('/api/v1'.length)}` : '';
    if (rest === 'POST /generate') return 'submit';
    if (rest === 'GET /generate/record-info') return 'record';
    return rest === `GET ${dialect.credit}` ? 'credit' : 'unknown';
  };

  const server = await startStandIn(
    async (asked) => {
      const route = routeOf(asked);
      const call: SunoCall = { route, leakedKey: route === 'media' && asked.headers.authorization !== undefined };
      calls.push(call);
      const reply = await handle(asked, call);
      const code = reply.kind === 'reply' ? /^\{"code":(\d+)/.exec(String(reply.body).slice(0, 20))?.[1] : undefined;
      if (code !== undefined) call.code = Number(code);
      return reply;
    },
    { port: options.port },
  );
  return {
    baseUrl: server.root,
    mediaHost: server.host,
    calls,
    setFaults: (scripted) => faults.set(scripted),
    setEnding: (next) => void (ending = next),
    hold: (progress = 'PENDING') => {
      const own = { progress };
      holds.add(own);
      return { release: () => void holds.delete(own) };
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Every answer has HTTP status 200. */
function envelope(code: number, msg: string, data: unknown = null): StandInReply {
  return jsonReply(200, { code, msg, data });
}

function titleOf({ title, prompt = '' }: SongRequest): string {
  return title ?? prompt.slice(0, 40);
}
