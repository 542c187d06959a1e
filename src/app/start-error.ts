/**
 * The app cannot go on now, but perhaps after another start; the message is one sentence. The process ends with code 75,
 * after which supervisors start it again.
 */
export class TemporaryError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TemporaryError';
  }
}

/** The app cannot start; the message is one sentence with the reason and the fix. The process ends with code 2. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

/**
 * Told by its name, not by its class: the simulator and the sandbox, which the bundle leaves out, throw those of a class
 * that the bundle does not know.
 */
export function isStartError(error: unknown): error is StartError {
  return error instanceof Error && error.name === 'StartError';
}
