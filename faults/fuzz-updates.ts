import { readFileSync } from 'node:fs';
import { seededRandom } from '../sandbox/seeded-random.ts';
import type { Person } from '../sandbox/telegram/people/person.ts';
import { secretsFound } from '../test/support/secret-hunt.ts';
import { answerPromises, type Found, type Turn } from './answers-due.ts';
import { type PartOptions, type PartReport, same, told } from './check.ts';
import { Findings } from './findings.ts';
import { type FuzzedUpdate, fuzzedUpdate } from './fuzzed-update.ts';
import { sampled } from './sampled.ts';
import { openScene, type Scene } from './scene.ts';
import { type Maker, queryIdOf } from './update-maker.ts';
import { Rounds } from './update-rounds.ts';

export type UpdatesSize = {
  readonly updates: number;
  readonly people: number;
  /** Nothing more is sent after this. */
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

/** Updates of every sort from many people to the real bot, each of whom sends one, waits, and sends the next. */
export async function fuzzUpdates(size: UpdatesSize, { seed, progress }: PartOptions): Promise<PartReport> {
  const found: Found = new Findings(answerPromises, progress);
  const adminIds = Array.from({ length: admins }, (_, index) => firstId + index);
  await using scene = await openScene({
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
      // Pictures are not what is tested: one each is enough to have some in every state.
      FREE_IMAGES_PER_DAY: '1',
      FREE_VIDEOS_PER_DAY: '0',
    },
  });
  const { telegram } = scene;
  for (const id of groupIds.slice(0, groups)) telegram.group({ id, title: `Group ${id}` });
  const people = Array.from({ length: size.people }, (_, index) =>
    telegram.person({
      id: firstId + index,
      firstName: `Person ${index}`,
      languageCode: languages[index % languages.length] ?? 'en',
    }),
  );
  scene.start();
  const rounds = new Rounds(scene, found);
  const startedMs = performance.now();
  await rounds.send(people.map(greeting));
  let sent = 0;
  const fuzzed = sampled(fuzzedUpdate(scene.secrets), size.updates, seed);
  for (let isOver = false; !isOver && performance.now() - startedMs < size.withinMs;) {
    const turns: Turn[] = [];
    for (const person of people) {
      const next = fuzzed.next();
      isOver = next.done === true;
      if (next.done === true) break;
      sent += 1;
      turns.push(turnOf(scene, person, next.value, sent));
    }
    if (turns.length === 0) break;
    await rounds.send(turns);
    progress(`${sent} of ${size.updates} updates handled`);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const alive = await isAlive(scene);
  const code = await scene.stop();
  readLog(scene, found);
  return {
    checks: [
      told('updates', `${sent} of ${size.updates} from ${size.people} people in ${seconds.toFixed(0)} s`),
      told('calls of the bot', rounds.calls),
      told('pictures made meanwhile', scene.bytez.calls.filter(({ route }) => route === 'run').length),
      ...found.checks(),
      told('updates in no shape of Telegram’s that were set aside', rounds.poisonous.size),
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
  return { userId: person.id, expects: 'words', isTelegrams: true, says: '/start', send };
}

function turnOf(
  { telegram }: Scene,
  person: Person,
  { make, expects, isTelegrams }: FuzzedUpdate,
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
    isTelegrams,
    ...(expects === 'press' ? { queryId: queryIdOf(maker) } : {}),
    says: JSON.stringify(raw),
    send: () => telegram.sendUpdate(raw),
  };
}

async function isAlive({ telegram }: Scene): Promise<boolean> {
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

function readLog({ logFile, secrets }: Scene, found: Found): void {
  const log = readFileSync(logFile, 'utf8');
  for (const line of log.split('\n').filter((text) => text !== '')) {
    if (!line.startsWith('{')) found.note('lastWords', line);
    else if (line.includes('"event":"app.error"')) found.note('trouble', line);
  }
  if (secretsFound([{ where: '', text: log }], secrets).length > 0) found.note('secret', 'in the log');
}
