import { parseWordsFile, type WordRow } from '../../config/moderation-settings.ts';
import type { Config } from '../../config/config.ts';
import type { OpenedResult, ResultStore } from '../../domain/media.ts';
import type { EventBus } from '../../domain/event-bus.ts';
import { acceptsCalls } from '../../domain/key-state.ts';
import type { Moderator, WordGuard } from '../../domain/safety/safety.ts';
import type { KeyPool } from '../../keys/pool/key-pool.ts';
import { type Clock, every } from '../../kit/clock.ts';
import type { HttpClient } from '../../providers/http/http-exchange.ts';
import type { Storage } from '../../storage/open-storage.ts';
import { readTableFile, watchedTable } from '../operator-files.ts';
import { StartError } from '../start-error.ts';

type OpenSafetyOptions = {
  readonly config: Config;
  readonly storage: Pick<Storage, 'safety' | 'engine'>;
  readonly pool: Pick<KeyPool, 'keys'>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly events: EventBus;
  /** The pictures that people send. */
  readonly inputs: Pick<ResultStore, 'open'>;
};

const checkEveryMs = 2_000;

/**
 * Opens what checks words before a provider is asked; undefined where nothing does, so that its code is not even loaded.
 * Throws a StartError for a file of words with a mistake.
 */
export async function openSafety(scope: AsyncDisposableStack, options: OpenSafetyOptions) {
  const { config, storage, events, clock, inputs } = options;
  const { mode, hook, strikes, whenDown } = config.moderation;
  const { emit } = events;
  if (strikes.max > 0) scope.use(strikesForRefusals(options));
  if (mode === 'off' && hook === undefined) return undefined;
  const { RequestGuard } = await import('../../jobs/safety/request-guard.ts');
  const words = mode === 'off' ? undefined : await openWords(scope, options);
  const moderators = await openModerators(options);
  const guard: WordGuard = new RequestGuard({
    words,
    moderators,
    whenDown,
    strikes,
    picturesOf: async ({ id }) => {
      const opened = await inputs.open(id);
      return opened === undefined ? [] : [await bytesOf(opened)];
    },
    store: storage.safety,
    clock,
    emit,
  });
  return guard;
}

async function bytesOf(opened: OpenedResult): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A refusal of the content of a request, by a provider too, counts against its person; not against a program, which speaks for many. */
function strikesForRefusals({ storage, config, clock, events }: OpenSafetyOptions): Disposable {
  const { emit } = events;
  return events.on(['job.failed'], ({ jobId, code }) => {
    if (code !== 'refused') return;
    const count = async () => {
      const job = await storage.engine.reader.find(jobId);
      if (job === undefined) return;
      const { userId } = job.origin;
      const untilMs = await storage.safety.strike(userId, jobId, clock.now(), config.moderation.strikes);
      if (untilMs !== undefined) emit({ event: 'person.resting', userId, untilMs });
    };
    count().catch((error: unknown) => emit({ event: 'app.error', what: `count the refusal of job ${jobId}`, error }));
  });
}

async function openWords(scope: AsyncDisposableStack, { config, clock, events }: OpenSafetyOptions) {
  const [{ WordList, normalized }, { builtInWords }] = await Promise.all([
    import('../../jobs/safety/word-list.ts'),
    import('../../jobs/safety/built-in-words.ts'),
  ]);
  const { wordsFile } = config.moderation;
  const readFile = () => readTableFile('MODERATION_WORDS_FILE', wordsFile, parseWordsFile);
  const listOf = (rows: readonly WordRow[]) => {
    const allowed = new Set(rows.filter(({ isAllowed }) => isAllowed).map(({ entry }) => normalized(entry)));
    const builtIn = Object.values(builtInWords)
      .flat()
      .filter((entry) => !allowed.has(normalized(entry)));
    return new WordList([...builtIn, ...rows.filter(({ isAllowed }) => !isAllowed).map(({ entry }) => entry)]);
  };
  const read = readFile();
  if (!read.ok)
    throw new StartError(`Cannot start with this file:\n${read.mistakes.map((one) => `- ${one}`).join('\n')}`);
  let list = listOf(read.rows);
  if (wordsFile !== undefined) {
    const { emit } = events;
    const table = watchedTable(wordsFile, readFile, {
      onRows: (rows) => void (list = listOf(rows)),
      onMistake: (text) =>
        emit({ event: 'config.warning', text: `The list of words stays as it was, because ${text}` }),
    });
    scope.use(every(clock, checkEveryMs, () => void (table.hasSettled() && table.takeOver())));
  }
  return () => list;
}

async function openModerators({ config, http, pool, clock, events }: OpenSafetyOptions): Promise<readonly Moderator[]> {
  const { mode, hook } = config.moderation;
  const moderators: Moderator[] = [];
  if (mode === 'openai') {
    const { createOpenAiModerator } = await import('../../providers/moderation/openai-moderator.ts');
    const provider = 'openai';
    const baseUrl = config.providers[provider]?.baseUrl ?? 'https://api.openai.com/v1';
    const keys = () =>
      pool
        .keys()
        .filter(({ key, state }) => key.provider === provider && key.onlyModel === undefined && acceptsCalls(state))
        .map(({ key }) => key.secret);
    if (keys().length === 0) {
      const text = `MODERATION=openai has no working key of OpenAI to ask with: set OPENAI_API_KEY; until one works, MODERATION_WHEN_DOWN=${config.moderation.whenDown} decides`;
      events.emit({ event: 'config.warning', text });
    }
    moderators.push(createOpenAiModerator({ http, baseUrl, keys, now: () => clock.now() }));
  }
  if (hook !== undefined) {
    const { createHookModerator } = await import('../../providers/moderation/hook-moderator.ts');
    moderators.push(createHookModerator({ http, url: hook }));
  }
  return moderators;
}
