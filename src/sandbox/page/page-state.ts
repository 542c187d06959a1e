import type { Clock } from '../../kit/clock.ts';
import type { TelegramChange } from '../telegram/changes.ts';
import type { BytezSandbox } from '../bytez/bytez-sandbox.ts';
import type { TelegramSandbox } from '../telegram/telegram-sandbox.ts';
import type { Cast } from './participants.ts';
import { shownMessages } from './chat-view.ts';
import type { FaultBoard } from './fault-controls.ts';
import type { HouseView } from './house-view.ts';
import { JobTales } from './recent-jobs.ts';
import type { PageFeed } from './page-feed.ts';

export type PageStateOptions = {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  readonly view: HouseView;
  readonly clock: Clock;
  readonly cast: Cast;
  readonly board: FaultBoard;
  readonly feed: PageFeed;
};

/** At most ten states a second, however much happens. */
const spacingMs = 100;
/** Keys wake and places move without a word: the page looks by itself this often. */
const lookEveryMs = 1_000;

/** Turns what happens in the sandbox and in the house into sections of the feed. */
export class PageState implements Disposable {
  readonly #options: PageStateOptions;
  readonly #tales: JobTales;
  readonly #open = new DisposableStack();
  #planned: Disposable | undefined;
  #putting = false;
  #again = false;

  constructor(options: PageStateOptions) {
    this.#options = options;
    const { telegram, bytez, view, clock } = options;
    this.#tales = new JobTales({ view, clock });
    this.#open.use(telegram.onChange((change) => this.#hear(change)));
    this.#open.use(bytez.onChange(() => this.changed()));
    this.#open.use(
      view.onEvent((event) => {
        this.#tales.hear(event);
        this.changed();
      }),
    );
    void this.#put();
  }

  /** Something is new: it is shown soon. */
  changed(): void {
    if (this.#putting) this.#again = true;
    else this.#plan(spacingMs);
  }

  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]();
    this.#planned?.[Symbol.dispose]();
  }

  #hear(change: TelegramChange): void {
    const { feed } = this.#options;
    if (change.kind === 'action') feed.shout('action', { chatId: change.chatId, action: change.action });
    if (change.kind === 'callback-answered') {
      const { chatId, userId, queryId, text, showAlert } = change;
      feed.shout('answer', { chatId, userId, queryId, text, showAlert });
    }
    this.changed();
  }

  #plan(ms: number): void {
    this.#planned?.[Symbol.dispose]();
    if (!this.#open.disposed) this.#planned = this.#options.clock.schedule(ms, () => void this.#put());
  }

  async #put(): Promise<void> {
    this.#putting = true;
    this.#again = false;
    try {
      this.#putChats();
      await this.#putPanel();
    } catch (error) {
      this.#options.feed.shout('trouble', { text: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#putting = false;
      this.#plan(this.#again ? spacingMs : lookEveryMs);
    }
  }

  #putChats(): void {
    const { cast, telegram, feed } = this.#options;
    const { group, members } = cast;
    feed.put(
      'people',
      members.map(({ person: { id }, name, role, language }) => ({
        id,
        name,
        role,
        language,
        commands: telegram.commandsFor(id, id, language),
        groupCommands: telegram.commandsFor(group.id, id, language),
      })),
    );
    for (const { person } of members) feed.put(`chat ${person.id}`, shownMessages(person.messages()));
    const [anyone] = members;
    if (anyone !== undefined) feed.put(`chat ${group.id}`, shownMessages(anyone.person.messages(group)));
  }

  async #putPanel(): Promise<void> {
    const { view, board, clock, cast, feed } = this.#options;
    const jobs = (await this.#tales.jobs()).map((job) => ({ ...job, name: cast.nameOf(job.userId) }));
    feed.put(
      'keys',
      view.pool().keys.map(({ name, provider, state, calls, successes, successRate, inFlight, seats }) => ({
        name,
        provider,
        state,
        calls,
        successes,
        successRate,
        inFlight,
        seats,
      })),
    );
    feed.put('lines', await view.lines());
    feed.put('jobs', jobs);
    feed.put('news', this.#tales.news);
    feed.put('board', board.view());
    feed.put('clock', { nowMs: clock.now() });
  }
}
