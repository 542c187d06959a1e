import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Group } from '../telegram/people/group.ts';
import type { Person } from '../telegram/people/person.ts';
import type { Cast } from './participants.ts';
import { accountModes, telegramTroubles, type FaultBoard } from './fault-controls.ts';
import { onlyThisPage } from './page-guard.ts';

export type PageActionsOptions = {
  readonly cast: Cast;
  readonly board: FaultBoard;
  readonly languages: readonly string[];
  readonly wakeKeys: () => number;
  readonly changed: () => void;
};

const bodyLimitBytes = 256 * 1024;

const place = { personId: z.int(), chatId: z.int() };
const say = z.strictObject({ ...place, text: z.string().trim().min(1).max(20_000) });
const press = z.strictObject({ ...place, messageId: z.int().positive(), data: z.string().min(1).max(64) });
const language = z.strictObject({ personId: z.int(), language: z.string().max(12) });
const account = z.strictObject({ place: z.int().positive(), mode: z.enum(accountModes) });
const provider = z.strictObject({ down: z.boolean().optional(), held: z.boolean().optional() });
const telegram = z.strictObject({ offline: z.boolean().optional(), trouble: z.enum(telegramTroubles).optional() });
const nothing = z.strictObject({});

type Done = { readonly ok: true; readonly more?: object } | { readonly ok: false; readonly why: string };
const done: Done = { ok: true };

/** What the page can do: speak and press as a person, change what is theirs, break things and mend them. */
export function pageActions({ cast, board, languages, wakeKeys, changed }: PageActionsOptions): Hono {
  const actions = new Hono();
  actions.use(onlyThisPage);
  actions.use(bodyLimit({ maxSize: bodyLimitBytes }));

  const action = <Schema extends z.ZodType>(path: string, schema: Schema, act: (body: z.output<Schema>) => Done) =>
    actions.post(path, async (c) => {
      const parsed = schema.safeParse(await bodyOf(c));
      if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400);
      const answer = act(parsed.data);
      changed();
      return answer.ok ? c.json({ ok: true, ...answer.more }) : c.json({ error: answer.why }, 409);
    });

  const as = (
    { personId, chatId }: { readonly personId: number; readonly chatId: number },
    act: (person: Person, where: { readonly in?: Group }) => object,
  ): Done => {
    const person = cast.member(personId)?.person;
    if (person === undefined) return { ok: false, why: 'Nobody has this id' };
    const isGroup = chatId === cast.group.id;
    if (!isGroup && chatId !== personId) return { ok: false, why: 'This is not a chat of theirs' };
    try {
      return { ok: true, more: act(person, isGroup ? { in: cast.group } : {}) };
    } catch (error) {
      return { ok: false, why: error instanceof Error ? error.message : String(error) };
    }
  };

  action('/say', say, (body) => as(body, (person, where) => ({ messageId: person.say(body.text, where) })));
  action('/press', press, (body) =>
    as(body, (person, where) => ({ queryId: person.press(body.messageId, body.data, where).queryId })),
  );
  action('/language', language, (body) => {
    if (!languages.includes(body.language)) return { ok: false, why: 'Nobody here speaks this language' };
    cast.speak(body.personId, body.language);
    return done;
  });
  action('/crowd', nothing, () => {
    cast.gather();
    return done;
  });
  action('/account', account, (body) =>
    board.setMode(body.place, body.mode) ? done : { ok: false, why: 'There is no key at this place' },
  );
  action('/provider', provider, ({ down, held }) => {
    if (down !== undefined) board.setProviderDown(down);
    if (held !== undefined) board.setHeld(held);
    return done;
  });
  action('/telegram', telegram, ({ offline, trouble }) => {
    if (offline !== undefined) board.setTelegramOffline(offline);
    if (trouble !== undefined) board.troubleTelegram(trouble);
    return done;
  });
  action('/wake', nothing, () => ({ ok: true, more: { woken: wakeKeys() } }));
  return actions;
}

async function bodyOf(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return undefined;
  }
}
