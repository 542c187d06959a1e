import { z } from 'zod';
import type { Profile } from '../chats.ts';
import type { Person } from './person.ts';
import type { SeenFile, SeenMessage } from '../messages/seen-message.ts';

export type PeopleApiResponse = { readonly status: number; readonly body: unknown };

export type PeopleApi = {
  /** Answers one request: status and JSON body; undefined for a path outside `/sandbox/`. */
  handle(method: string, url: URL, body: string): Promise<PeopleApiResponse> | undefined;
};

const person = z.int().min(1);

const bodies = {
  person: z.strictObject({
    id: person,
    firstName: z.string().min(1),
    username: z.string().optional(),
    languageCode: z.string().optional(),
    isPremium: z.boolean().optional(),
  }),
  say: z.strictObject({ person, text: z.string().trim().min(1) }),
  pay: z.strictObject({ person, invoice: z.union([z.int(), z.string()]) }),
  renew: z.strictObject({ person, hasStars: z.boolean().default(true) }),
  cancel: z.strictObject({ person, isCanceled: z.boolean().default(true) }),
  press: z.strictObject({ person, messageId: z.int(), button: z.string() }),
} as const;

const root = '/sandbox/';

/**
 * The HTTP API through which other programs act as people: `person`, `say`, `press`, `pay`, `renew`, `cancel` and
 * `messages` under `/sandbox/`. What cannot be done is status 400 with `error`.
 */
export function createPeopleApi(people: {
  readonly known: ReadonlyMap<number, Person>;
  readonly add: (profile: Profile) => Person;
}): PeopleApi {
  const find = (id: number): Person => {
    const found = people.known.get(id);
    if (found !== undefined) return found;
    const others = [...people.known.keys()].join(', ') || 'nobody';
    throw new Error(`Cannot find the person ${id}: here are ${others}; add one with POST ${root}person`);
  };
  const posts: Readonly<Record<string, (body: unknown) => unknown>> = {
    person: (body) => ({ id: people.add(bodies.person.parse(body) as Profile).id }),
    say: (body) => {
      const { person: id, text } = bodies.say.parse(body);
      return { messageId: find(id).say(text) };
    },
    pay: (body) => {
      const { person: id, invoice } = bodies.pay.parse(body);
      return find(id).pay(invoice).outcome;
    },
    renew: (body) => {
      const { person: id, hasStars } = bodies.renew.parse(body);
      return find(id).renew(hasStars);
    },
    cancel: (body) => {
      const { person: id, isCanceled } = bodies.cancel.parse(body);
      find(id).cancelSubscription(isCanceled);
      return {};
    },
    press: (body) => {
      const { person: id, messageId, button } = bodies.press.parse(body);
      return find(id).press(messageId, button).answered;
    },
  };
  const gets: Readonly<Record<string, (query: URLSearchParams) => unknown>> = {
    messages: (query) =>
      find(Number(query.get('person')))
        .messages()
        .map(shown),
  };
  return {
    handle: (method, url, body) => {
      if (!url.pathname.startsWith(root)) return undefined;
      const name = url.pathname.slice(root.length);
      return attempt(() => {
        if (method === 'GET' && Object.hasOwn(gets, name)) return gets[name]?.(url.searchParams);
        if (method === 'POST' && Object.hasOwn(posts, name)) return posts[name]?.(JSON.parse(body));
        throw new Error(
          `Cannot ${method} ${url.pathname}: there are POST person, say, press, pay, renew, cancel and GET messages`,
        );
      });
    },
  };
}

async function attempt(work: () => unknown): Promise<PeopleApiResponse> {
  try {
    return { status: 200, body: await work() };
  } catch (error) {
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}

const fileKinds = ['photo', 'video', 'document', 'animation', 'audio', 'voice'] as const;

/** A message with the size of its file instead of the bytes; the bytes come from `getFile`. */
function shown(message: SeenMessage): object {
  const files = fileKinds.flatMap((kind) => {
    const file: SeenFile | undefined = message[kind];
    return file === undefined ? [] : [[kind, { ...file, bytes: file.bytes.byteLength }] as const];
  });
  return { ...message, ...Object.fromEntries(files) };
}
