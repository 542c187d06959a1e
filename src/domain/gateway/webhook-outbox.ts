export const webhookStates = ['waiting', 'delivered', 'failed'] as const;
export type WebhookState = (typeof webhookStates)[number];

/** Something that another program is told. */
export type WebhookMessage = {
  /** The same at every try, so that the receiver can pass over a repetition. */
  readonly id: string;
  /** Who is told: `alerts`, `jobs`, or `client:` and the name of one. Never an address: it may be a secret. */
  readonly target: string;
  /** `job.succeeded`, `alert.raised` and the like. */
  readonly type: string;
  /** The payload, as JSON; the same bytes at every try. */
  readonly body: string;
  readonly createdAtMs: number;
};

export type StoredWebhook = WebhookMessage & {
  readonly state: WebhookState;
  readonly tries: number;
  /** When it is tried next, of one that waits. */
  readonly dueAtMs: number;
  /** It is given up where no try before this moment succeeded. */
  readonly giveUpAtMs: number;
  /** Why the last try failed; without the address. */
  readonly problem?: string;
};

/** Keeps what is to be told until it is, or is given up. Every promise resolves after the change is durable. */
export type WebhookOutbox = {
  add(message: WebhookMessage, giveUpAtMs: number): Promise<void>;
  /** Messages that wait and whose time has come, oldest first. */
  due(nowMs: number, atMost: number): Promise<readonly StoredWebhook[]>;
  delivered(id: string, nowMs: number): Promise<void>;
  failed(id: string, problem: string, nowMs: number): Promise<void>;
  postpone(id: string, problem: string, dueAtMs: number): Promise<void>;
  /** The newest first. */
  list(filter: { readonly count: number; readonly state?: WebhookState }): Promise<readonly StoredWebhook[]>;
  /** These messages, or all that were given up, are tried again from now on; how many. */
  replay(ids: readonly string[] | 'failed', nowMs: number, giveUpAtMs: number): Promise<number>;
  /** Forgets messages that were delivered or given up before this moment. */
  purge(endedBeforeMs: number): Promise<void>;
};
