import { describeError } from './describe-error.ts';

export type LoggableError = { readonly description: string; readonly stack?: string };

/** What a log line keeps of an error: its description and where it was made, none of its other properties. */
export function loggableError(error: unknown): LoggableError {
  const description = describeError(error);
  const frames = framesOf(error);
  return frames === '' ? { description } : { description, stack: frames };
}

const mostFrames = 12;

/** Only the frames: the text above them is the raw message. */
function framesOf(error: unknown): string {
  try {
    const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
    return stack
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .slice(0, mostFrames)
      .map((line) => line.trim())
      .join('\n');
  } catch {
    return '';
  }
}
