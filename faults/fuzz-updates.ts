import { readFileSync } from 'node:fs';
import { seededRandom } from '../sandbox/seeded-random.ts';
import type { Person } from '../sandbox/telegram/people/person.ts';
import { secretsFound } from '../test/support/secret-hunt.ts';
import { answerPromises, type Found, type Turn } from './answer-checks.ts';
import { type PartOptions, type PartReport, same, info } from './check.ts';
import { Findings } from './findings.ts';
import { type FuzzedUpdate, fuzzedUpdate } from './fuzzed-update.ts';
import { sampled } from './sampled.ts';
import { openSandboxedBot, type SandboxedBot } from './sandboxed-bot.ts';
import { type Maker, queryIdOf } from './update-maker.ts';
import { UpdateRounds } from './update-rounds.ts';

export type UpdatesSize = {
  readonly updates: number;
  readonly people: number;
  /** No update is sent after this time. */
  readonly withinMs: number;
};

export const fullUpdates: UpdatesSize = { updates: 20_000, people: 1_600, withinMs: 90_000 };
export const shortUpdates: UpdatesSize = { updates: 240, people: 80, withinMs: 20_000 };

const firstId = 200_000;
const languages = ['en', 'es', 'ru', 'xx'] as const;
/** Enough people that the flood limit never applies; the last ones are unknown to the bot. */
const groups = 300;
const groupIds = Array.from({ length: groups + 3 }, (_, index) => -1_002_000_000_000 - index);
const admins = 4;

/** Updates of all kinds from many people to the real bot; each sends one, waits, and sends the next. */
export async function fuzzUpdates(size: UpdatesSize, { seed, progress }: PartOptions): Promise<PartReport> {
  const found: Found = new Findings(answerPromises, progress);
  const adminIds = Array.from({ length: admins }, (_, index) => firstId + index);
  await using bot = await openSandboxedBot({
    keys: 8,
    seatsPerKey: 8,
    providerFaults: [],
    telegramFaults: [],
    latencyMs: 5,
    random: seededRandom(seed),
    inMemory: true,
    env: {
      ADMIN_IDS: adminIds.join(','),
      PREMIUM_IDS: String(firstId + admins),
      // One picture each is enough to have jobs in every state.
      FREE_IMAGES_PER_DAY: '1',
      FREE_VIDEOS_PER_DAY: '0',
      // The log names each update that asks nothing and so is never stored.
      LOG_LEVEL: 'debug',
    },
  });
  const { telegram } = bot;
  for (const id of groupIds.slice(0, groups)) telegram.group({ id, title: `Group ${id}` });
  const people = Array.from({ length: size.people }, (_, index) =>
    telegram.person({
      id: firstId + index,
      firstName: `Person ${index}`,
      languageCode: languages[index % languages.length] ?? 'en',
    }),
  );
  bot.start();
  const rounds = new UpdateRounds(bot, found);
  const startedMs = performance.now();
  await rounds.send(people.map(greeting));
  let sent = 0;
  const fuzzed = sampled(fuzzedUpdate(bot.secrets), size.updates, seed);
  for (let isOver = false; !isOver && performance.now() - startedMs < size.withinMs;) {
    const turns: Turn[] = [];
    for (const person of people) {
      const next = fuzzed.next();
      isOver = next.done === true;
      if (next.done === true) break;
      sent += 1;
      turns.push(turnOf(bot, person, next.value, sent));
    }
    if (turns.length === 0) break;
    await rounds.send(turns);
    progress(`${sent} of ${size.updates} updates handled`);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const alive = await isAlive(bot);
  const code = await bot.stop();
  readLog(bot, found);
  return {
    checks: [
      info('updates', `${sent} of ${size.updates} from ${size.people} people in ${seconds.toFixed(0)} s`),
      info('calls of the bot', rounds.calls),
      info('pictures made in this time', bot.bytez.calls.filter(({ route }) => route === 'run').length),
      ...found.checks(),
      info('malformed updates that were set aside', rounds.malformedIds.size),
      same('a new person gets an answer and a picture at the end', alive ? 1 : 0, 1),
      same('exit code at the end', code ?? -1, 0),
    ],
  };
}

function greeting(person: Person): Turn {
  const send = () => {
    person.say('/start');
    return undefined;
  };
  return { userId: person.id, expects: 'words', isValid: true, says: '/start', send };
}

function turnOf(
  { telegram }: SandboxedBot,
  person: Person,
  { make, expects, isValid }: FuzzedUpdate,
  serial: number,
): Turn {
  const maker: Maker = {
    userId: person.id,
    languageCode: person.profile.languageCode ?? 'en',
    serial,
    botId: Number(telegram.token.split(':', 1)[0]),
    groupIds,
    buttons: person
      .messages()
      .slice(-3)
      .flatMap(({ id, buttons }) =>
        buttons.flat().flatMap(({ data }) => (data === undefined ? [] : [{ messageId: id, data }])),
      ),
  };
  const raw = make(maker);
  return {
    userId: person.id,
    expects,
    isValid,
    ...(expects === 'press' ? { queryId: queryIdOf(maker) } : {}),
    says: JSON.stringify(raw),
    send: () => telegram.sendUpdate(raw),
  };
}

async function isAlive({ telegram }: SandboxedBot): Promise<boolean> {
  const person = telegram.person({ id: firstId - 1, firstName: 'Somebody new', languageCode: 'en' });
  try {
    person.say('/start');
    await person.waitFor((messages) => messages.some(({ from }) => from === 'bot'), { timeoutMs: 10_000 });
    person.say('/generate a red fox');
    await person.waitFor((messages) => messages.some(({ photo }) => photo !== undefined), { timeoutMs: 20_000 });
    return true;
  } catch {
    return false;
  }
}

function readLog({ logFile, secrets }: SandboxedBot, found: Found): void {
  const log = readFileSync(logFile, 'utf8');
  for (const line of log.split('\n').filter((text) => text !== '')) {
    if (!line.startsWith('{')) found.note('uncaught', line);
    else if (line.includes('"event":"app.error"')) found.note('trouble', line);
  }
  if (secretsFound([{ where: '', text: log }], secrets).length > 0) found.note('secret', 'in the log');
}
