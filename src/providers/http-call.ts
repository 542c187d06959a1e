export type HttpCall = {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The one deadline of the call; aborting it closes the socket. */
  readonly signal: AbortSignal;
  readonly bodyLimitBytes: number;
};

export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Everything that a call can come to. A `detail` names codes and sizes only, never a header's value. */
export type HttpReply =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: HttpHeaders; readonly body: Uint8Array }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'cut'; readonly detail: string }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'too-large' };
