import { seededRandom } from '../sandbox/seeded-random.ts';
import type { RecordedCall } from '../sandbox/telegram/api-service.ts';
import type { TelegramSandbox } from '../sandbox/telegram/telegram-sandbox.ts';
import { Chatter } from './chatter.ts';
import { atMost, type Check, info, none, type PartOptions, type PartReport, same } from './check.ts';
import { pause } from './disk-windows.ts';
import { openSandboxedBot } from './sandboxed-bot.ts';

export type CrowdSize = {
  /** People in private chats. */
  readonly people: number;
  readonly groups: number;
  readonly peopleInEach: number;
  readonly lastsMs: number;
};

export const fullCrowd: CrowdSize = { people: 460, groups: 4, peopleInEach: 10, lastsMs: 120_000 };

const firstId = 400_000;
const firstGroupId = -1_000_000_400_000;
const keys = 25;
const seatsPerKey = 4;
/** A hundred seats: most people wait in line. */
const latencyMs = 6_000;
/** Until the bot has started, and until the last results are shown. */
const startMs = 60_000;
const endMs = 45_000;

const maxWaitMs = 1_000;
const maxEdits = 8;

/**
 * Many people who chat at once, in private and in groups, while nothing fails and the stand-in refuses what is over
 * Telegram's limits: how often it had to, how long people wait for an answer, and how often a message is edited.
 */
export async function crowd(size: CrowdSize, { seed, progress }: PartOptions): Promise<PartReport> {
  const random = seededRandom(seed);
  await using bot = await openSandboxedBot({
    keys,
    seatsPerKey,
    providerFaults: [],
    telegramFaults: [],
    latencyMs,
    random,
    env: { FREE_IMAGES_PER_DAY: '-1', IMAGE_CHAIN: 'bytez:stabilityai/stable-diffusion-xl-base-1.0' },
  });
  const { telegram } = bot;
  const chatters = chattersOf(size, telegram, random);
  const calls = new CallCollector(telegram);
  bot.start();
  const early = telegram.person({ id: firstId - 1, firstName: 'Early', languageCode: 'en' });
  early.say('/help');
  await early.waitFor((messages) => messages.some(({ from }) => from === 'bot'), { timeoutMs: startMs });
  progress(`${chatters.length} people begin`);
  const collecting = calls.collect();
  const [atFirstS, startedMs] = [bot.processorSeconds(), performance.now()];
  await Promise.all(chatters.map((chatter) => chatter.chat(AbortSignal.timeout(size.lastsMs))));
  const share = ((bot.processorSeconds() - atFirstS) * 1_000) / (performance.now() - startedMs);
  await untilShown(chatters, telegram);
  calls.end();
  await collecting;
  const code = await bot.stop();
  // A busy machine makes people wait, too: what the bot itself needs tells the one from the other.
  const processor = info('processor time of the bot', `${Math.round(share * 100)} % of a core`);
  return { checks: [...checksOf(size, chatters, calls.all), processor, same('exit code at the end', code ?? -1, 0)] };
}

function chattersOf({ people, groups, peopleInEach }: CrowdSize, telegram: TelegramSandbox, random: () => number) {
  const person = (index: number) =>
    telegram.person({ id: firstId + index, firstName: `Person ${index}`, languageCode: 'en' });
  const alone = Array.from({ length: people }, (_, index) => new Chatter({ telegram, random, person: person(index) }));
  const together = Array.from({ length: groups }, (_, at) => {
    const group = telegram.group({ id: firstGroupId - at, title: `Painters ${at}` });
    return Array.from({ length: peopleInEach }, (_, index) => {
      const member = person(people + at * peopleInEach + index);
      return new Chatter({ telegram, random, group, person: member });
    });
  });
  return [...alone, ...together.flat()];
}

/** Waits until no request is open, so that every edit is counted. */
async function untilShown(chatters: readonly Chatter[], telegram: TelegramSandbox): Promise<void> {
  const ids = new Set(chatters.map(({ chatId }) => chatId));
  const isOpen = () =>
    telegram.withButtons().some(({ chatId, data }) => ids.has(chatId) && data.some((one) => one.startsWith('cancel:')));
  for (let waitedMs = 0; waitedMs < endMs && isOpen(); waitedMs += 500) await pause(500, new AbortController().signal);
}

function checksOf(size: CrowdSize, chatters: readonly Chatter[], calls: readonly RecordedCall[]): readonly Check[] {
  const alone = chatters.filter(({ chatId }) => chatId > 0);
  const waits = alone.flatMap(({ waitsMs }) => waitsMs).toSorted((one, other) => one - other);
  const at = (share: number) => Math.round(waits[Math.floor((waits.length - 1) * share)] ?? 0);
  const sum = (those: readonly Chatter[], read: (one: Chatter) => number) =>
    those.reduce((total, one) => total + read(one), 0);
  const shown = calls.filter(({ method, ok }) => ok === true && isVisible(method));
  const edits = new Map<string, number>();
  for (const { method, params } of shown) {
    // A menu that a person opens under a result is no edit of a status message.
    if (!method.startsWith('edit') || method === 'editMessageReplyMarkup') continue;
    const key = `${Number(params['chat_id'])} ${Number(params['message_id'])}`;
    edits.set(key, (edits.get(key) ?? 0) + 1);
  }
  const counts = chatters.flatMap(({ chatId, statusMessages }) =>
    [...statusMessages].map((id) => edits.get(`${chatId} ${id}`) ?? 0),
  );
  const refused = calls.flatMap(({ method, params, error }) =>
    error === undefined ? [] : [`${method} in ${String(params['chat_id'])}: ${error.code} ${error.description}`],
  );
  const ofGroups = shown.filter(({ params }) => Number(params['chat_id']) < 0);
  const seconds = size.lastsMs / 1_000;
  return [
    info('people who chat', `${alone.length} in private, ${chatters.length - alone.length} in ${size.groups} groups`),
    info('words and presses', `${waits.length} in private, ${(waits.length / seconds).toFixed(0)} a second`),
    info(
      'pictures asked for',
      sum(chatters, ({ asked }) => asked),
    ),
    info('albums, cancellations', `${sum(chatters, ({ albums }) => albums)}, ${sum(chatters, (one) => one.cancelled)}`),
    info('calls of the Bot API', `${calls.length}, ${shown.length} of them show something`),
    info('the most in one chat within 10 s', mostWithin(shown, 10_000)),
    info('the most in one group within a minute', mostWithin(ofGroups, 60_000)),
    none('calls that Telegram refused with 429', calls.filter(({ error }) => error?.code === 429).length),
    none(
      'other calls that Telegram refused',
      calls.filter(({ error }) => error !== undefined && error.code !== 429 && !isNothingNew(error)).length,
    ),
    ...(refused.length === 0 ? [] : [info('of them', refused.slice(0, 12).join('; '))]),
    none(
      'words in private without an answer',
      sum(alone, ({ missing }) => missing),
    ),
    info('wait for an answer in private, p50, p99', `${at(0.5)} ms, ${at(0.99)} ms`),
    atMost('the longest wait for an answer in private', at(1), maxWaitMs, ' ms'),
    info('edits of a status message, mean', (total(counts) / Math.max(1, counts.length)).toFixed(2)),
    atMost('the most edits of a status message', Math.max(0, ...counts), maxEdits),
  ];
}

function total(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Somebody asked for the latest state, and it is what the message shows. */
function isNothingNew({ description }: NonNullable<RecordedCall['error']>): boolean {
  return description.includes('message is not modified');
}

function isVisible(method: string): boolean {
  return /^(?:send(?!ChatAction|MessageDraft)|editMessage)/.test(method);
}

/** The most calls in one chat within any span of this length. */
function mostWithin(calls: readonly RecordedCall[], spanMs: number): number {
  const byChat = Map.groupBy(calls, ({ params }) => Number(params['chat_id']));
  let most = 0;
  for (const list of byChat.values()) {
    for (let first = 0, last = 0; last < list.length; last += 1) {
      while ((list[last]?.atMs ?? 0) - (list[first]?.atMs ?? 0) >= spanMs) first += 1;
      most = Math.max(most, last - first + 1);
    }
  }
  return most;
}

/** Keeps every call: the stand-in itself keeps the latest ones only. */
class CallCollector {
  readonly all: RecordedCall[] = [];
  readonly #telegram: TelegramSandbox;
  readonly #ended = new AbortController();
  #last: RecordedCall | undefined;

  constructor(telegram: TelegramSandbox) {
    this.#telegram = telegram;
  }

  async collect(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      this.#take();
      await pause(1_000, this.#ended.signal);
    }
    this.#take();
  }

  end(): void {
    this.#ended.abort();
  }

  #take(): void {
    const { calls } = this.#telegram;
    const known = this.#last === undefined ? -1 : calls.lastIndexOf(this.#last);
    this.all.push(...calls.slice(known + 1));
    this.#last = calls.at(-1);
  }
}
