/**
 * Plays one request through the real bot over HTTP on its sandbox and prints, as JSON, the files of `src` of which a
 * function ran between the request and its end; for `cancel`, between the press of the button and its end. Node's own
 * coverage counts. What runs when a module is loaded does not count, and one picture is made before, so that nothing is
 * loaded or opened for the first time.
 *
 * Usage: node scripts/shape/trace-journey.ts picture|rate-limited|cancel [CHECKOUT]
 */
import { existsSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

type Message = { readonly id: number; readonly from: string; readonly photo?: unknown; readonly text: string };
type Person = {
  say(text: string): number;
  messages(): readonly Message[];
  press(messageId: number, button: string): { readonly answered: Promise<unknown> };
  waitFor(isThere: (messages: readonly Message[]) => boolean): Promise<readonly Message[]>;
};
type Stage = AsyncDisposable & {
  readonly bytez: { hold(): { release(): void }; readonly calls: readonly { readonly route: string }[] };
  event(name: string): Promise<unknown>;
  person(id: number): Person;
};
type OpenStage = (options: {
  readonly accounts: readonly (readonly unknown[])[];
  readonly env: Readonly<Record<string, string>>;
}) => Promise<Stage>;

/** The first key makes the first picture and is refused with the second. */
const limited = { do: { kind: 'rate-limited', retryAfterS: 60 }, when: { every: 2 } };
const cancelButton = '✖ Cancel';

const [journey = 'picture', checkout = join(import.meta.dirname, '../..')] = process.argv.slice(2);
const openStage = await stageOf(checkout);
await using stage = await openStage({
  accounts: journey === 'rate-limited' ? [[limited], []] : [[], []],
  env: { ROTATION_STRATEGY: 'primary-first', LOG_LEVEL: 'info' },
});
const person = stage.person(7);
person.say('/generate a warm picture');
await pictures(1);
// What a start still does by then, such as publishing the menu, is no part of a picture. Not longer: connections at rest are
// closed after three seconds, and opening them again is no part of one either.
await pause(2_000);

const session = new Session();
session.connect();
await session.post('Profiler.enable');
const startCounting = () => session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
if (journey !== 'cancel') await startCounting();
await play();
const { result } = await session.post('Profiler.takePreciseCoverage');
const source = join(checkout, 'src') + sep;
const files = result.flatMap(({ url, functions }) => {
  if (!url.startsWith('file:')) return [];
  const path = fileURLToPath(url);
  const ran = functions.some(({ ranges: [whole] }) => whole !== undefined && whole.startOffset > 0 && whole.count > 0);
  return path.startsWith(source) && ran ? [relative(checkout, path).replaceAll(sep, '/')] : [];
});
process.stdout.write(`${JSON.stringify(files.filter((path) => !/^src\/(?:sandbox|cli)\//.test(path)).sort())}\n`);

async function play(): Promise<void> {
  if (journey !== 'cancel') {
    person.say('/generate a red fox');
    await pictures(2);
    await stage.event('job.delivered');
    return;
  }
  const hold = stage.bytez.hold();
  const before = stage.bytez.calls.length;
  person.say('/generate a red fox');
  const asked = await person.waitFor((messages) => messages.filter(({ from }) => from === 'bot').length === 2);
  while (stage.bytez.calls.length === before) await pause(5);
  await pause(300);
  await startCounting();
  await person.press(asked.at(-1)?.id ?? 0, cancelButton).answered;
  await stage.event('job.cancelled');
  await person.waitFor((messages) => messages.at(-1)?.text !== asked.at(-1)?.text);
  hold.release();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

async function pictures(count: number): Promise<void> {
  await person.waitFor((messages) => messages.filter(({ photo }) => photo !== undefined).length === count);
}

/** How the tests of the checkout open the bot; the file had another name once. */
async function stageOf(folder: string): Promise<OpenStage> {
  for (const [file, name] of [
    ['test-app.ts', 'openTestApp'],
    ['test-house.ts', 'openTestHouse'],
  ] as const) {
    const path = join(folder, 'test/support', file);
    if (existsSync(path)) {
      const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, OpenStage>>;
      const open = module[name];
      if (open !== undefined) return open;
    }
  }
  throw new Error(`Cannot trace a journey in ${folder}: it has no test/support/test-app.ts`);
}
