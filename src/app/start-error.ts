/** The app cannot open; the message says in one sentence why and what to do, and ends the process with code 2. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}
