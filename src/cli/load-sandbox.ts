import { StartError } from '../app/start-error.ts';

/** The sandbox draws with development packages: it is loaded only when asked for, and says so when they are absent. */
export async function loadSandbox() {
  try {
    // Only drawing needs them, and a demo that cannot draw should not begin.
    for (const name of ['@resvg/resvg-js', 'h264-mp4-encoder', 'dejavu-fonts-ttf/package.json'])
      import.meta.resolve(name);
    const [telegram, bytez, accounts, faults] = await Promise.all([
      import('../sandbox/telegram/telegram-sandbox.ts'),
      import('../sandbox/bytez/bytez-sandbox.ts'),
      import('../sandbox/demo-accounts.ts'),
      import('../sandbox/bytez/faults-file.ts'),
    ]);
    return { ...telegram, ...bytez, ...accounts, ...faults };
  } catch (error) {
    throw new StartError('Cannot open the sandbox: a development package is missing; run npm ci without --omit=dev', {
      cause: error,
    });
  }
}
