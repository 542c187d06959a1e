import type { ServerResponse } from 'node:http';
import { type Begun, type CallEnding, CallerGone } from '../../domain/gateway/client-call.ts';
import type { JobId } from '../../domain/ids.ts';
import { type Refusal, refusalBody, refusalHeaders } from './refusal.ts';

const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** The answer to one request of a program: whole, as a stream of events, or refused. */
export class Exchange {
  readonly #outgoing: ServerResponse;
  readonly #id: JobId;
  /** Ends the call: the exchange when the caller hangs up, its maker when the app stops. */
  readonly stop = new AbortController();
  #begun: Begun | undefined;

  constructor(outgoing: ServerResponse, id: JobId) {
    this.#outgoing = outgoing;
    this.#id = id;
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) this.stop.abort(new CallerGone());
    });
  }

  get signal(): AbortSignal {
    return this.stop.signal;
  }

  /** True when the caller hung up before the answer was written. */
  get isGone(): boolean {
    return this.signal.reason instanceof CallerGone;
  }

  /** True once a part of a stream was sent. */
  get hasBegun(): boolean {
    return this.#begun !== undefined;
  }

  /** True once the head of an answer was written, whole or as a stream. */
  get isAnswered(): boolean {
    return this.#outgoing.headersSent;
  }

  /** Who answers, once a part was sent. */
  begunWith(): Begun {
    if (this.#begun === undefined) throw new Error('Cannot tell who answers: nothing has begun');
    return this.#begun;
  }

  whole(body: string | Uint8Array, mime: string, begun?: Begun): void {
    this.#send(200, { 'content-type': mime, ...this.#facts(begun) }, body);
  }

  refuse(refusal: Refusal, ending?: Extract<CallEnding, { kind: 'failed' }>): void {
    if (this.hasBegun) return this.breakOff(refusal);
    const facts = ending === undefined ? this.#facts() : this.#facts(ending);
    const head = { 'content-type': 'application/json', ...facts, ...refusalHeaders(refusal) };
    this.#send(refusal.status, head, refusalBody(refusal));
  }

  begin(begun: Begun): void {
    this.#begun = begun;
    this.#keepConnection();
    this.#outgoing.writeHead(200, {
      ...always,
      'content-type': 'text/event-stream; charset=utf-8',
      // Proxies that buffer would hold the answer back.
      'x-accel-buffering': 'no',
      ...this.#facts(begun),
    });
  }

  event(data: string, name?: string): void {
    const lines = data.includes('\n') ? data.replaceAll(/\r?\n/g, '\ndata: ') : data;
    this.#outgoing.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${lines}\n\n`);
  }

  end(): void {
    this.#outgoing.end();
  }

  /** Ends a stream in the middle: what has begun with one provider is never continued by another. */
  breakOff(refusal: Refusal): void {
    this.event(refusalBody(refusal), 'error');
    this.end();
  }

  #send(status: number, head: Record<string, string>, body: string | Uint8Array): void {
    if (this.#outgoing.headersSent || this.#outgoing.destroyed) return;
    this.#keepConnection();
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    this.#outgoing.writeHead(status, { ...always, ...head, 'content-length': length });
    this.#outgoing.end(body);
  }

  /** The server closes connections with a body, lest its rest is waited for; one that was read whole may go on. */
  #keepConnection(): void {
    const { complete, httpVersionMinor, headers } = this.#outgoing.req;
    this.#outgoing.shouldKeepAlive = complete && httpVersionMinor >= 1 && headers.connection?.toLowerCase() !== 'close';
  }

  #facts(ending: { readonly candidate?: Begun['candidate']; readonly calls: number } = { calls: 0 }) {
    const { candidate, calls } = ending;
    return {
      'x-darkroom-request': this.#id,
      'x-darkroom-attempts': String(calls),
      ...(candidate === undefined ? {} : { 'x-darkroom-provider': candidate.provider }),
    };
  }
}
