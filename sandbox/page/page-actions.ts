import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Group } from '../telegram/people/group.ts';
import type { Person, PhotoOptions } from '../telegram/people/person.ts';
import type { Payment } from '../telegram/payments/pay.ts';
import type { InlineAnswer } from '../telegram/updates/open-queries.ts';
import type { Participants } from './participants.ts';
import { accountModes, telegramFaultModes, type FaultControls } from './fault-controls.ts';
import { providerModes } from '../demo-providers.ts';
import { onlyThisPage } from './page-guard.ts';

export type PageActionsOptions = {
  readonly participants: Participants;
  readonly faultControls: FaultControls;
  readonly languages: readonly string[];
  readonly wakeKeys: () => Promise<number>;
  /** Called after the bot was killed, or one of its several processes. */
  readonly killed: (process?: number) => void;
  readonly changed: () => void;
};

/** A photo of 10 MB, the most that Telegram takes, in base64. */
const bodyLimitBytes = 14 * 1024 * 1024;

const place = { personId: z.int(), chatId: z.int() };
const replyTo = z.int().positive().optional();
const say = z.strictObject({ ...place, text: z.string().trim().min(1).max(20_000), replyTo });
const photo = z.strictObject({
  ...place,
  caption: z.string().trim().max(1024),
  base64: z.base64().min(1),
  replyTo,
});
const press = z.strictObject({ ...place, messageId: z.int().positive(), data: z.string().min(1).max(64) });
const payment = z.strictObject({ ...place, invoice: z.union([z.int().positive(), z.string().max(200)]) });
const inlineQuery = z.strictObject({ ...place, query: z.string().max(256), offset: z.string().max(64).optional() });
const inlineResult = z.strictObject({ ...place, fileId: z.string().min(1).max(200) });
const renewal = z.strictObject({ personId: z.int(), hasStars: z.boolean() });
const subscription = z.strictObject({ personId: z.int(), canceled: z.boolean() });
const language = z.strictObject({ personId: z.int(), language: z.string().max(12) });
const account = z.strictObject({ place: z.int().positive(), mode: z.enum(accountModes) });
const provider = z.strictObject({
  held: z.boolean().optional(),
  contentRefused: z.boolean().optional(),
});
const chainProvider = z.strictObject({ name: z.string().max(40), mode: z.enum(providerModes) });
const telegram = z.strictObject({ offline: z.boolean().optional(), faultMode: z.enum(telegramFaultModes).optional() });
const disk = z.strictObject({ full: z.boolean() });
const oneProcess = z.strictObject({ number: z.int().positive(), act: z.enum(['kill', 'start']) });
const nothing = z.strictObject({});

/** The chat of an action, the private one without `in`. */
type Where = { readonly in?: Group; readonly replyTo?: number };

type ActionResult = { readonly ok: true; readonly more?: object } | { readonly ok: false; readonly error: string };
const succeeded: ActionResult = { ok: true };

/** The actions of the page: write, press buttons and pay as a person, set a language, switch faults. */
export function pageActions({
  participants,
  faultControls,
  languages,
  wakeKeys,
  killed,
  changed,
}: PageActionsOptions): Hono {
  const actions = new Hono();
  actions.use(onlyThisPage);
  actions.use(bodyLimit({ maxSize: bodyLimitBytes }));

  const action = <Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    act: (body: z.output<Schema>) => ActionResult | Promise<ActionResult>,
  ) =>
    actions.post(path, async (c) => {
      const parsed = schema.safeParse(await bodyOf(c));
      if (!parsed.success) return c.json({ error: z.prettifyError(parsed.error) }, 400);
      const answer = await act(parsed.data);
      changed();
      return answer.ok ? c.json({ ok: true, ...answer.more }) : c.json({ error: answer.error }, 409);
    });

  const as = (
    { personId, chatId }: { readonly personId: number; readonly chatId: number },
    act: (person: Person, where: Where) => object,
    replyTo?: number,
  ): ActionResult => {
    const person = participants.member(personId)?.person;
    if (person === undefined) return { ok: false, error: 'There is no participant with this id' };
    const isGroup = chatId === participants.group.id;
    if (!isGroup && chatId !== personId) return { ok: false, error: 'The participant is not in this chat' };
    try {
      const place = isGroup ? { in: participants.group } : {};
      if (replyTo === undefined) return { ok: true, more: act(person, place) };
      const isThere = person.messages(place.in).some(({ id }) => id === replyTo);
      if (!isThere) return { ok: false, error: 'The message to reply to is not in this chat' };
      return { ok: true, more: act(person, { ...place, replyTo }) };
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  };

  action('/say', say, (body) =>
    as(body, (person, where) => ({ messageId: person.say(body.text, where) }), body.replyTo),
  );
  action('/photo', photo, ({ caption, base64, ...body }) => {
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    return as(body, (person, where) => ({ messageId: sentPhoto(person, caption, { ...where, bytes }) }), body.replyTo);
  });
  action('/press', press, (body) =>
    as(body, (person, where) => ({ queryId: person.press(body.messageId, body.data, where).queryId })),
  );
  action('/pay', payment, async (body) => {
    let opened: Payment | undefined;
    const answer = as(body, (person, where) => (opened = person.pay(body.invoice, where)));
    return opened === undefined ? answer : { ok: true, more: await opened.outcome };
  });
  action('/inline', inlineQuery, async ({ query, offset, ...body }) => {
    let typed: Promise<InlineAnswer | undefined> | undefined;
    const asked = as(body, (person) => {
      typed = person.typeInline(query, offset);
      return {};
    });
    if (typed === undefined) return asked;
    const offered = await typed;
    if (offered === undefined) return { ok: false, error: 'The bot did not answer within 30 seconds' };
    const { results, button, nextOffset } = offered;
    return { ok: true, more: { results, button, nextOffset } };
  });
  action('/inline-result', inlineResult, ({ fileId, ...body }) =>
    as(body, (person, where) => ({ messageId: person.sendInline(fileId, where) })),
  );
  action('/renew', renewal, ({ personId, hasStars }) =>
    as({ personId, chatId: personId }, (person) => person.renew(hasStars)),
  );
  action('/subscription', subscription, ({ personId, canceled }) =>
    as({ personId, chatId: personId }, (person) => {
      person.cancelSubscription(canceled);
      return {};
    }),
  );
  action('/language', language, (body) => {
    if (!languages.includes(body.language)) return { ok: false, error: 'This language is not available' };
    participants.setLanguage(body.personId, body.language);
    return succeeded;
  });
  action('/crowd', nothing, () => {
    participants.askAsCrowd();
    return succeeded;
  });
  action('/account', account, (body) =>
    faultControls.setMode(body.place, body.mode) ? succeeded : { ok: false, error: 'There is no key with this number' },
  );
  action('/chain-provider', chainProvider, ({ name, mode }) =>
    faultControls.setProvider(name, mode) ? succeeded : { ok: false, error: 'No provider can be broken like this' },
  );
  action('/provider', provider, ({ held, contentRefused }) => {
    if (held !== undefined) faultControls.setHeld(held);
    if (contentRefused !== undefined) faultControls.setContentRefused(contentRefused);
    return succeeded;
  });
  action('/telegram', telegram, ({ offline, faultMode }) => {
    if (offline !== undefined) faultControls.setTelegramOffline(offline);
    if (faultMode !== undefined) faultControls.injectTelegramFault(faultMode);
    return succeeded;
  });
  action('/disk', disk, async ({ full }) => {
    await faultControls.setDiskFull(full);
    return succeeded;
  });
  action('/kill', nothing, () => {
    if (!faultControls.killBot()) return { ok: false, error: 'The bot does not run; it starts again by itself' };
    killed();
    return succeeded;
  });
  action('/process', oneProcess, ({ number, act }) => {
    if (act === 'start') {
      return faultControls.startProcess(number) ? succeeded : { ok: false, error: 'This process has not ended' };
    }
    if (!faultControls.killProcess(number)) return { ok: false, error: 'This process does not run' };
    killed(number);
    return succeeded;
  });
  action('/wake', nothing, async () => ({ ok: true, more: { woken: await wakeKeys() } }));
  return actions;
}

function sentPhoto(person: Person, caption: string, options: PhotoOptions): number {
  try {
    return person.sendPhoto(caption, options);
  } catch (error) {
    throw new Error('Telegram does not take this file as a photo: send a PNG, JPEG or WebP of at most 10 MB', {
      cause: error,
    });
  }
}

async function bodyOf(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    return undefined;
  }
}
