export type ErrorParameters = {
  readonly retry_after?: number;
  readonly migrate_to_chat_id?: number;
};

/** A refusal, with the code and description that the Bot API returns. */
export class ApiError extends Error {
  readonly code: number;
  readonly parameters: ErrorParameters | undefined;

  constructor(code: number, description: string, parameters?: ErrorParameters) {
    super(description);
    this.name = 'ApiError';
    this.code = code;
    this.parameters = parameters;
  }
}

/** A 400 with the given description. */
export function badRequest(description: string, parameters?: ErrorParameters): ApiError {
  return new ApiError(400, `Bad Request: ${description}`, parameters);
}

/** A 403 with the given description. */
export function forbidden(description: string): ApiError {
  return new ApiError(403, `Forbidden: ${description}`);
}

/** A 409 with the given description. */
export function conflict(description: string): ApiError {
  return new ApiError(409, `Conflict: ${description}`);
}

/** A 429 with `retry_after` in seconds. */
export function tooManyRequests(retryAfterS: number): ApiError {
  return new ApiError(429, `Too Many Requests: retry after ${retryAfterS}`, { retry_after: retryAfterS });
}

/** A 413 for a body over the limit. */
export function tooLarge(): ApiError {
  return new ApiError(413, 'Request Entity Too Large');
}
