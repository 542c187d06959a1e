import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Emit } from '../../domain/events.ts';
import type { Clock } from '../../kit/clock.ts';
import { StartError } from '../../app/start-error.ts';
import type { Answer, Answers, FromBot, Question, ToBot } from './bot-messages.ts';

export type DemoBotOptions = {
  readonly env: Readonly<Record<string, string>>;
  readonly emit: Emit;
  readonly clock: Clock;
  /** How long after its end a process is started again. */
  readonly restartAfterMs: number;
};

type QuestionOf<Kind extends Question['kind']> = Extract<Question, { readonly kind: Kind }>;

/** Longer than the bot takes to drain. */
const maxClosingMs = 15_000;

/**
 * A process of the demo's bot. Starting → running → (killed) → after a while, or when asked, starting again, on the same
 * data; only `[Symbol.asyncDispose]` ends it for good.
 */
export class DemoBot implements AsyncDisposable {
  readonly #options: DemoBotOptions;
  readonly #broken = Promise.withResolvers<never>();
  readonly #pending = new Map<number, (answer: Answer | undefined) => void>();
  #child: ChildProcess | undefined;
  #isRunning = false;
  #isClosing = false;
  #isDiskFull = false;
  #nextNumber = 1;
  #restart: Disposable | undefined;
  #restartAtMs: number | undefined;
  #pid: number | undefined;
  #opened = Promise.withResolvers<void>();

  private constructor(options: DemoBotOptions) {
    this.#options = options;
    this.#broken.promise.catch(() => undefined);
  }

  /** Starts the bot and waits until Telegram has said who it is; throws a StartError when it cannot open. */
  static async open(options: DemoBotOptions): Promise<DemoBot> {
    const bot = new DemoBot(options);
    bot.#start();
    try {
      await Promise.race([bot.#opened.promise, bot.broken]);
    } catch (error) {
      await bot[Symbol.asyncDispose]();
      throw error;
    }
    return bot;
  }

  /** Rejects when the bot cannot go on; never resolves. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Of the process, or of the last one while there is none. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** When it starts again by itself, by the machine's clock; undefined while there is a process. */
  get restartAtMs(): number | undefined {
    return this.#restartAtMs;
  }

  get isDiskFull(): boolean {
    return this.#isDiskFull;
  }

  /** Returns the bot's answer; undefined while it does not run. */
  async ask<Kind extends Question['kind']>(question: QuestionOf<Kind>): Promise<Answers[Kind] | undefined> {
    if (!this.#isRunning) return undefined;
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    this.#pending.set(number, resolve);
    this.#tell({ kind: 'ask', number, question });
    return (await promise) as Answers[Kind] | undefined;
  }

  /** SIGKILL: the process gets no chance to tidy up, and starts again by itself. Returns false when it does not run. */
  kill(): boolean {
    if (!this.#isRunning) return false;
    this.#isRunning = false;
    return this.#child?.kill('SIGKILL') ?? false;
  }

  /** Starts it again without waiting any longer. Returns false when there is a process, or for good none any more. */
  startNow(): boolean {
    if (this.#restartAtMs === undefined || this.#isClosing) return false;
    this.#restart?.[Symbol.dispose]();
    this.#start();
    return true;
  }

  async setDiskFull(full: boolean): Promise<void> {
    this.#isDiskFull = full;
    await this.ask({ kind: 'disk', full });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#isRunning = false;
    this.#restart?.[Symbol.dispose]();
    const child = this.#child;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    using _patience = this.#options.clock.schedule(maxClosingMs, () => void child.kill('SIGKILL'));
    this.#tell({ kind: 'close' });
    await gone;
  }

  #start(): void {
    this.#restartAtMs = undefined;
    const child = fork(join(import.meta.dirname, 'bot-process.ts'), [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    this.#pid = child.pid;
    child.on('message', (message) => this.#onMessage(message as FromBot));
    child.on('exit', () => this.#onExit(child));
    this.#tell({ kind: 'open', env: this.#options.env });
  }

  #tell(message: ToBot): void {
    // A process that was just killed may still count as connected.
    if (this.#child?.connected === true) this.#child.send(message, () => undefined);
  }

  #onMessage(message: FromBot): void {
    switch (message.kind) {
      case 'event':
        return this.#options.emit(message.event);
      case 'opened':
        this.#isRunning = true;
        this.#opened.resolve();
        if (this.#isDiskFull) void this.ask({ kind: 'disk', full: true });
        return;
      case 'answer':
        this.#pending.get(message.number)?.(message.answer);
        this.#pending.delete(message.number);
        return;
      case 'broken':
        return this.#broken.reject(new StartError(message.why));
    }
  }

  #onExit(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#isRunning = false;
    for (const resolve of this.#pending.values()) resolve(undefined);
    this.#pending.clear();
    if (this.#isClosing) return;
    const { clock, restartAfterMs } = this.#options;
    this.#restartAtMs = clock.now() + restartAfterMs;
    this.#restart = clock.schedule(restartAfterMs, () => this.#start());
  }
}
