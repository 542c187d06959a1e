export type Reply = {
  readonly kind: 'reply';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, bytes, or chunks that are sent without a content length. */
  readonly body: string | Uint8Array | Iterable<string | Uint8Array>;
};

/** What happens on the connection of one request. */
export type HttpOutcome =
  | Reply
  /** The connection is cut without a response. */
  | { readonly kind: 'cut' }
  /** The connection is cut in the middle of the response. */
  | { readonly kind: 'truncated'; readonly reply: Reply }
  /** Half of the response is sent, then nothing more. */
  | { readonly kind: 'stalled'; readonly reply: Reply };

export type JsonContentType = 'application/json' | 'application/json; charset=utf-8';

/** Returns a JSON response. */
export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    kind: 'reply',
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  };
}

/** Returns an HTML page as a gateway sends it. */
export function html(status: number, title: string): Reply {
  return {
    kind: 'reply',
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
  };
}

/** Returns an error in the format of the Bytez API. */
export function failure(status: number, error: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return json({ error, output: null }, status, headers);
}

export const unauthorized = json({ error: 'Unauthorized' }, 401);

export const noModelMessage = 'Model does not exist or has yet to be added to the Bytez catalog';

export const noModel = failure(404, noModelMessage);

/** Returns the 429 of an account whose seats are all occupied. */
export function tooManyRuns(seats: number): Reply {
  return failure(
    429,
    `Rejected: your plan allows for ${seats} concurrency at a time. Wait for your running requests to finish or upgrade your plan`,
  );
}
