import type { Clock } from '../../src/kit/clock.ts';
import type { TelegramChange } from '../telegram/changes.ts';
import type { BytezSandbox } from '../bytez/bytez-sandbox.ts';
import type { TelegramSandbox } from '../telegram/telegram-sandbox.ts';
import type { Participants } from './participants.ts';
import { shownMessages } from './chat-view.ts';
import type { FaultControls } from './fault-controls.ts';
import type { AppView } from './app-view.ts';
import { RecentJobs } from './recent-jobs.ts';
import type { PageFeed } from './page-feed.ts';

export type PageStateOptions = {
  readonly telegram: TelegramSandbox;
  readonly bytez: BytezSandbox;
  readonly view: AppView;
  readonly clock: Clock;
  readonly participants: Participants;
  readonly faultControls: FaultControls;
  readonly feed: PageFeed;
};

/** At most ten updates a second. */
const minIntervalMs = 100;
/**
 * Some changes have no event (keys become ready, places in the queue move), so the state is also published at this
 * interval.
 */
const pollEveryMs = 1_000;

/** Publishes the state of the sandbox and the bot as sections of the feed. */
export class PageState implements Disposable {
  readonly #options: PageStateOptions;
  readonly #recentJobs: RecentJobs;
  readonly #open = new DisposableStack();
  #scheduled: Disposable | undefined;
  #publishing = false;
  #publishAgain = false;

  constructor(options: PageStateOptions) {
    this.#options = options;
    const { telegram, bytez, view, clock } = options;
    this.#recentJobs = new RecentJobs({ view, clock });
    this.#open.use(telegram.onChange((change) => this.#onTelegramChange(change)));
    this.#open.use(bytez.onChange(() => this.changed()));
    this.#open.use(
      view.onEvent((event, process) => {
        this.#recentJobs.record(event, process);
        this.changed();
      }),
    );
    void this.#publish();
  }

  /** Schedules an update of the page. */
  changed(): void {
    if (this.#publishing) this.#publishAgain = true;
    else this.#schedule(minIntervalMs);
  }

  /** Notes in the log and in every open request that the bot was killed; of one of several processes, in what it ran. */
  recordKill(process?: number): void {
    this.#recentJobs.recordKill(process);
  }

  [Symbol.dispose](): void {
    this.#open[Symbol.dispose]();
    this.#scheduled?.[Symbol.dispose]();
  }

  #onTelegramChange(change: TelegramChange): void {
    const { feed } = this.#options;
    if (change.kind === 'action') feed.broadcast('action', { chatId: change.chatId, action: change.action });
    if (change.kind === 'callback-answered') {
      const { chatId, userId, queryId, text, showAlert } = change;
      feed.broadcast('answer', { chatId, userId, queryId, text, showAlert });
    }
    this.changed();
  }

  #schedule(ms: number): void {
    this.#scheduled?.[Symbol.dispose]();
    if (!this.#open.disposed) this.#scheduled = this.#options.clock.schedule(ms, () => void this.#publish());
  }

  async #publish(): Promise<void> {
    this.#publishing = true;
    this.#publishAgain = false;
    try {
      this.#publishChats();
      await this.#publishPanel();
    } catch (error) {
      this.#options.feed.broadcast('page-error', { text: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#publishing = false;
      this.#schedule(this.#publishAgain ? minIntervalMs : pollEveryMs);
    }
  }

  #publishChats(): void {
    const { participants, telegram, feed } = this.#options;
    const { group, members } = participants;
    feed.publish(
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
    feed.publish(
      'subscriptions',
      members.flatMap(({ person, name }) => {
        const subscription = person.subscription();
        return subscription === undefined ? [] : [{ personId: person.id, name, ...subscription }];
      }),
    );
    for (const { person } of members) {
      feed.publish(`chat ${person.id}`, shownMessages(person.messages()));
      // Some messages in a group are for one of its members alone.
      feed.publish(`chat ${group.id} ${person.id}`, shownMessages(person.messages(group)));
    }
  }

  async #publishPanel(): Promise<void> {
    const { view, faultControls, clock, participants, feed } = this.#options;
    const jobs = (await this.#recentJobs.jobs()).map((job) => ({ ...job, name: participants.nameOf(job.userId) }));
    feed.publish(
      'keys',
      (await view.pool()).keys.map(({ name, provider, state, calls, successes, successRate, inFlight, seats }) => ({
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
    feed.publish('lines', await view.lines());
    feed.publish('jobs', jobs);
    feed.publish('log', this.#recentJobs.log);
    feed.publish('faults', faultControls.view());
    const processes = await view.process.several?.list();
    if (processes !== undefined) feed.publish('processes', processes);
    feed.publish('clock', { nowMs: clock.now() });
  }
}
