import { StartError } from '../app/start-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What to say of a debugger that listens (`inspectorUrl`): whoever reaches it reads every secret in memory. In production
 * the house does not start beside one.
 */
export function debuggerWarnings(inspectorUrl: string | undefined, env: Environment): readonly string[] {
  if (inspectorUrl === undefined) return [];
  if (env['NODE_ENV'] === 'production') {
    throw new StartError(
      'Cannot start: the debugger of Node is open and NODE_ENV is production; start without --inspect',
    );
  }
  return [
    'the debugger of Node is open: whoever reaches it can read every secret; start without --inspect in production',
  ];
}
