/** The app cannot start; the message is one sentence with the reason and the fix. The process ends with code 2. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}
