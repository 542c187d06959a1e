import type { AttemptTrail } from '../domain/attempt-trail.ts';
import type { JobId } from '../domain/ids.ts';
import type { Candidate, Job } from '../domain/job.ts';
import type { RewrittenPrompts } from '../domain/job-engine.ts';
import { kindTraits } from '../domain/kinds.ts';
import type { AttemptTools, LoopTools } from './attempt-loop.ts';
import { callProvider } from './call-provider.ts';
import { JobStopped } from './running-jobs.ts';
import { noMaterial, type RequestMaterial, checkPrompt } from './request/generation-request.ts';
import { requestChain } from './request/chain-models.ts';

/** A prompt with as many words says enough. */
const enoughWords = 12;
/** A picture never waits longer for its words, counted from the moment its request was accepted. */
const patienceMs = 8_000;
/** A longer answer is talk about the picture rather than its description. */
const maxLength = 1_000;

let segmenter: Intl.Segmenter | undefined;
/** Made when it is needed: the first one takes milliseconds and memory. */
const wordsIn = (text: string) => (segmenter ??= new Intl.Segmenter(undefined, { granularity: 'word' })).segment(text);

export type PromptRewriterOptions = Omit<LoopTools, 'onCheckpoint' | 'onQueue' | 'onText'> & {
  readonly rewrites: RewrittenPrompts;
};

/**
 * Has a chat model say a short prompt of a picture or video more fully before it is made. That begins when the request is
 * accepted; a model that fails, answers nothing of use or takes too long leaves the prompt as it is. What was decided is
 * stored first, so every turn of the request, also after a restart, uses the same words.
 */
export class PromptRewriter {
  readonly #options: PromptRewriterOptions;
  readonly #pending = new Map<JobId, Promise<string | undefined>>();
  /** Ends what is being rewritten for a job. */
  readonly #late = new Map<JobId, AbortController>();
  readonly #closing = new AbortController();

  constructor(options: PromptRewriterOptions) {
    this.#options = options;
  }

  /** Begins to rewrite the prompt of a request that was just accepted; nobody waits for it, and it never fails. */
  begin(job: Job): void {
    if (isSaidBriefly(job)) void this.#wordsFor(job);
  }

  /** Loads what the request is made from, with its words rewritten. */
  load(job: Job): Promise<RequestMaterial> | undefined {
    const { loadMaterial } = this.#options;
    if (!isSaidBriefly(job)) return loadMaterial?.(job);
    return this.#wordsFor(job).then(async (words) => {
      if (words === undefined) return (await loadMaterial?.(job)) ?? noMaterial;
      const material = await loadMaterial?.({ ...job, prompt: words });
      return { ...noMaterial, words, ...material };
    });
  }

  /** The words that were asked with in place of the person's own; undefined where those were used. */
  async shown(job: Job): Promise<string | undefined> {
    if (!isSaidBriefly(job)) return undefined;
    return usable(await this.#options.rewrites.find(job.id));
  }

  /** Stops what is being rewritten for a job that was cancelled. */
  cancel(id: JobId): void {
    this.#late.get(id)?.abort(new JobStopped('cancelled'));
  }

  /** Gives up what is being rewritten; the next start decides on it again. */
  close(): void {
    this.#closing.abort(new JobStopped('closing'));
  }

  #wordsFor(job: Job): Promise<string | undefined> {
    const known = this.#pending.get(job.id);
    if (known !== undefined) return known;
    const deciding = this.#decide(job)
      .catch((error: unknown) => {
        this.#options.emit({ event: 'app.error', what: `rewrite the words of job ${job.id}`, error });
        return undefined;
      })
      .finally(() => {
        this.#pending.delete(job.id);
        this.#late.delete(job.id);
      });
    this.#pending.set(job.id, deciding);
    return deciding;
  }

  async #decide(job: Job): Promise<string | undefined> {
    const { rewrites, clock } = this.#options;
    const stored = await rewrites.find(job.id);
    if (stored !== undefined) return usable(stored);
    const late = new AbortController();
    this.#late.set(job.id, late);
    const signal = AbortSignal.any([late.signal, this.#closing.signal]);
    const stopped = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      else signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const leftMs = Math.max(0, Math.min(patienceMs, job.acceptedAtMs + patienceMs - clock.now()));
    // Another reason than a timeout: being slower than this is no fault of the provider.
    using _patience = clock.schedule(leftMs, () => late.abort(new JobStopped('cancelled')));
    const found = await Promise.race([this.#ask(job, signal), stopped]);
    if (this.#closing.signal.aborted) return undefined;
    return usable(await rewrites.keep(job.id, found?.words ?? '', found?.trail));
  }

  /** Asks one chat model after the other, each with one key, until one answers with something of use. */
  async #ask(job: Job, signal: AbortSignal): Promise<{ words: string; trail: AttemptTrail } | undefined> {
    const { chains, models, pool, breakers, budgets, modelCooldowns } = this.#options;
    const { options: _options, ...request } = { ...job, kind: 'chat' as const, prompt: instruction(job) };
    for (const candidate of requestChain(request, chains, models)) {
      const { provider, model } = candidate;
      if (breakers.get(provider)?.isOpen === true || modelCooldowns.isCooling(candidate)) continue;
      if (budgets?.isSpent(provider, job.origin.userId) === true) continue;
      const seat = await pool.acquire(provider, { model, job: 'chat' });
      if (seat.kind !== 'seat') continue;
      if (signal.aborted) {
        seat.lease.release({ kind: 'unused' });
        return undefined;
      }
      const reply = await this.#call(request, candidate, seat.lease, signal);
      if (reply === undefined) return undefined;
      const words = reply.ok && reply.source.kind === 'text' && reply.source.isCut !== true ? reply.source.text : '';
      const clean = descriptionIn(words);
      if (clean !== '' && clean !== job.prompt) return { words: clean, trail: reply.trail };
    }
    return undefined;
  }

  /** One call like any other, kept with the words instead of with the request; undefined when it took too long. */
  async #call(job: Job, candidate: Candidate, lease: Parameters<typeof callProvider>[0]['lease'], signal: AbortSignal) {
    const { providers, models, breakers, unrecognized, rules, clock, emit, onCost } = this.#options;
    const call = {
      job,
      candidate,
      lease,
      number: 1,
      attempt: 1,
      // The signal ends it earlier.
      timeoutMs: 2 * patienceMs,
      deadlineMonotonicMs: clock.monotonicMs() + patienceMs,
      waitedMs: 0,
      progress: job.progress,
      isProbe: false,
    };
    const tools = { providers, models, breakers, unrecognized, rules: { ...rules, maxAttempts: 1 }, clock, emit };
    try {
      return await callProvider(call, unkept, signal, { ...tools, ...(onCost === undefined ? {} : { onCost }) });
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }
}

/** The calls that the request itself makes have their own journal. */
const unkept: AttemptTools['journal'] = {
  sent: async () => true,
  answered: async () => true,
  // An answer that takes minutes is of no use here.
  submitted: async () => false,
  ended: () => undefined,
  checkpoint: () => undefined,
};

/** A short prompt of a picture or video; with a seed, the same words have to give the same result. */
function isSaidBriefly({ kind, prompt, options }: Job): boolean {
  const { isVisual, needs } = kindTraits[kind];
  if (!isVisual || needs !== 'words' || options?.seed !== undefined) return false;
  let words = 0;
  for (const { isWordLike } of wordsIn(prompt)) if (isWordLike === true && ++words >= enoughWords) return false;
  return true;
}

function instruction({ kind, prompt }: Job): string {
  const what = kind === 'video' ? 'short video' : 'picture';
  return [
    `Describe a ${what} for a model that makes it. Keep everything that the request below asks for and change none of it;`,
    'add composition, light, colours and details that suit it. One paragraph of at most 60 words, in the language of the',
    'request. Answer with the description alone, without quotation marks.',
    `\nRequest: ${prompt}`,
  ].join(' ');
}

/** The description in an answer, on one line; empty when there is none of use. */
function descriptionIn(answer: string): string {
  const checked = checkPrompt(answer.replaceAll(/\s+/gu, ' ').trim());
  if (!checked.ok || checked.prompt.length > maxLength) return '';
  return checked.prompt.replace(/^["\u201c\u00ab](.*)["\u201d\u00bb]$/u, '$1').trim();
}

/** What is stored is empty where the person's own words are used. */
function usable(stored: string | undefined): string | undefined {
  return stored === '' ? undefined : stored;
}
