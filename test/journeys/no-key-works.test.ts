import { expect, test } from 'vitest';
import type { BytezFault } from '../../sandbox/bytez/bytez-fault.ts';
import type { Person } from '../../sandbox/telegram/people/person.ts';
import { hasAnswer } from '../support/answers.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { passTime } from '../support/pass-time.ts';
import { machineryShown, saidToPeople } from '../support/said-to-people.ts';
import { fromBot, openTestApp, wordsOf, type TestApp } from '../support/test-app.ts';

const languages = ['en', 'es', 'ru'] as const;
const freeIds = [1, 2, 3];
const premiumIds = [801, 802, 803];
const env = {
  PREMIUM_IDS: premiumIds.join(','),
  RETRY_DELAY_S: '2',
  IMAGE_TIMEOUT_S: '9',
  IMAGE_DEADLINE_S: '60',
};

const creditBack = {
  en: 'This doesn’t count towards your daily limit.',
  es: 'Esto no cuenta para tu límite diario.',
  ru: 'Это не входит в ваш дневной лимит.',
};

type Trouble = {
  readonly what: string;
  readonly faults: readonly BytezFault[];
  readonly catalog?: 'empty';
  readonly headline: Readonly<Record<(typeof languages)[number], string>>;
};

const troubles: readonly Trouble[] = [
  {
    what: 'every key is refused',
    faults: [{ do: { kind: 'unauthorized' } }],
    headline: {
      en: '🛠 The service is being set up right now.',
      es: '🛠 El servicio se está preparando ahora mismo.',
      ru: '🛠 Сервис сейчас настраивается.',
    },
  },
  {
    what: 'every account is out of credit',
    faults: [{ do: { kind: 'out-of-credit' } }],
    headline: {
      en: '🪫 The picture service has used up its allowance for now.',
      es: '🪫 El servicio de imágenes ha agotado su saldo por ahora.',
      ru: '🪫 Сервис, который создаёт картинки, пока исчерпал свой запас.',
    },
  },
  {
    what: 'every key is limited for longer than anybody would wait',
    faults: [{ do: { kind: 'rate-limited', retryAfterS: 300 } }],
    headline: {
      en: '🚦 The picture service is very busy right now.',
      es: '🚦 El servicio de imágenes está muy ocupado ahora mismo.',
      ru: '🚦 Сейчас много запросов.',
    },
  },
  {
    what: 'every call times out',
    faults: [{ do: { kind: 'hang' } }],
    headline: {
      en: '⏳ Your picture took longer than it should.',
      es: '⏳ Tu imagen ha tardado más de la cuenta.',
      ru: '⏳ Ваша картинка создавалась слишком долго.',
    },
  },
  {
    what: 'every call finds the provider down',
    faults: [{ do: { kind: 'status', status: 503 } }],
    headline: {
      en: '🌧 The picture service isn’t answering right now.',
      es: '🌧 El servicio de imágenes no responde ahora mismo.',
      ru: '🌧 Сервис, который создаёт картинки, сейчас не отвечает.',
    },
  },
  {
    what: 'the catalog knows none of the models',
    faults: [],
    catalog: 'empty',
    headline: {
      en: '🧩 The model that makes pictures isn’t available at the moment, and neither is another one.',
      es: '🧩 El modelo que crea imágenes no está disponible en este momento, y tampoco hay otro.',
      ru: '🧩 Модель, которая создаёт картинки, сейчас недоступна, и другой тоже нет.',
    },
  },
];

test.each(troubles)(
  'when $what, free and premium people read so in their own language',
  async ({ faults, catalog, headline }) => {
    const clock = fakeClock();
    await using app = await openTestApp({ accounts: [faults, faults, faults], clock, env });
    if (catalog !== undefined) app.bytez.setCatalog(catalog);
    const [free, premium] = [freeIds, premiumIds].map((ids) => sameWish(app, ids)) as [Asked, Asked];
    await passTime(clock, Promise.all([...free, ...premium].map((person) => person.waitFor(hasAnswer))), {
      stepMs: 500,
      // On a busy machine much of the bot's time passes while an answer is on its way.
      atMostMs: 21_600_000,
    });
    await passTime(clock, app.restart(), { stepMs: 500 });

    const headlines = languages.map((language) => headline[language]);
    expect(free.map(lastWords).map(firstLine)).toEqual(headlines);
    expect(premium.map(lastWords).map(firstLine)).toEqual(headlines);
    for (const [index, language] of languages.entries()) {
      expect(lastWords(free[index])).toContain(creditBack[language]);
      expect(lastWords(premium[index])).not.toContain(creditBack[language]);
      expect(lastWords(premium[index])).not.toContain('/premium');
    }
    expect(saidToPeople(app.telegram).length).toBeGreaterThanOrEqual(12);
    expect(machineryShown(app.telegram)).toEqual([]);
  },
);

test.each([
  'It failed with 429',
  'Your key canary-key-001 is wrong',
  'TypeError: fetch failed',
  'at run (file.ts:12:3)',
  'Hello undefined',
  'Unauthorized',
  'Error: {"code":1}',
])('the search for machinery finds it in "%s"', (text) => {
  const call = (params: Readonly<Record<string, unknown>>) => ({ method: 'editMessageText', params, atMs: 0 });
  expect(machineryShown({ calls: [call({ chat_id: 7, text })] })).toHaveLength(1);
  expect(machineryShown({ calls: [call({ chat_id: 429, text: 'All is well, 12 s' })] })).toEqual([]);
  expect(machineryShown({ calls: [call({ reply_markup: { inline_keyboard: [[{ text }]] } })] })).toHaveLength(1);
});

type Asked = readonly Person[];

/** One person of each language asks for the same picture. */
function sameWish(app: TestApp, ids: readonly number[]): Asked {
  return ids.map((id, index) => {
    const person = app.person(id, languages[index]);
    person.say('/generate a red fox');
    return person;
  });
}

/** The words of the ending; after a long wait a short call back follows it. */
function lastWords(person: Person | undefined): string {
  const said = person === undefined ? [] : fromBot(person.messages()).map(wordsOf);
  return said.findLast((words) => !words.endsWith('↑')) ?? '';
}

function firstLine(words: string): string {
  return words.split('\n')[0] ?? '';
}
