import { z } from 'zod';

/** For `z.string().transform(fromJson)`: text that is not JSON becomes an issue of the schema instead of an exception. */
export function fromJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}
