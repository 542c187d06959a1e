/**
 * `npm run shape`: how the source is cut. Counts files, lengths, folders, arrows and cycles, the words that still have a
 * plainer name, and how many files take part in a picture, in a refusal by a rate limit and in a cancel.
 */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { importCycles } from './import-cycles.ts';
import { arrowsBetweenRooms, readRooms, roomsTable } from './rooms.ts';
import { readSourceFiles } from './source-files.ts';
import { wordsLeft } from './words.ts';

const help = `Usage: npm run shape -- [options]

Counts how the source is cut into files and rooms, and how many files a request touches.

  --json      print the figures as JSON
  --rooms     print the table of rooms for CONTRIBUTING.md and nothing else
  --words     list every word that has a plainer name, with its place
  --files     list the files that take part in each journey
  --static    count without playing the journeys
  --help      print this
`;

const root = join(import.meta.dirname, '../..');
const journeys = ['picture', 'rate-limited', 'cancel'] as const;
type Journey = (typeof journeys)[number];

/** A timer that fires beside one of them is no part of a journey: a file counts that ran each time. */
const plays = 3;

const options = { json: {}, rooms: {}, words: {}, files: {}, static: {}, help: {} } as const;
const { values } = parseArgs({
  options: Object.fromEntries(Object.keys(options).map((name) => [name, { type: 'boolean' as const }])),
});

if (values['help'] === true) say(help);
else if (values['rooms'] === true) say(`${roomsTable(readRooms(root))}\n`);
else if (values['words'] === true) listWords();
else await count();

async function count(): Promise<void> {
  const files = readSourceFiles(root);
  const inSrc = files.filter(({ path }) => path.startsWith('src/'));
  const lengths = inSrc.map(({ lines }) => lines).sort((one, other) => one - other);
  const folders = Map.groupBy(inSrc, ({ path }) => dirname(path));
  const rooms = readRooms(root);
  const played = values['static'] === true ? undefined : await play();
  const figures = {
    'files in src': inSrc.length,
    'median lines of a file': lengths[Math.floor(lengths.length / 2)] ?? 0,
    'lines of the longest file': lengths.at(-1) ?? 0,
    'files of more than 300 lines': lengths.filter((lines) => lines > 300).length,
    'files of fewer than 15 lines': lengths.filter((lines) => lines < 15).length,
    'folders of more than 20 files': [...folders.values()].filter((inside) => inside.length > 20).length,
    'arrows between rooms': arrowsBetweenRooms(files, rooms).length,
    'import cycles': importCycles(files).length,
    'words with a plainer name': wordsLeft(root).length,
    ...(played && {
      'files a plain picture runs through': played.picture.length,
      'more of them when a key is rate-limited': more(played['rate-limited'], played.picture).length,
      'files a cancel runs through': played.cancel.length,
    }),
  };
  if (values['json'] === true) return say(`${JSON.stringify(figures, undefined, 2)}\n`);
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, figure] of Object.entries(figures)) say(`${name.padEnd(width)}  ${String(figure).padStart(5)}\n`);
  if (values['files'] === true && played !== undefined) {
    for (const journey of journeys) say(`\n${journey}\n${played[journey].map((path) => `  ${path}\n`).join('')}`);
  }
}

/** Each journey a few times, each time in a process of its own. */
async function play(): Promise<Readonly<Record<Journey, readonly string[]>>> {
  const script = join(import.meta.dirname, 'trace-journey.ts');
  const traceOnce = async (journey: Journey) => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, journey, root]);
    return JSON.parse(stdout) as readonly string[];
  };
  const trace = async (journey: Journey) => {
    let files = await traceOnce(journey);
    for (let played = 1; played < plays; played += 1) {
      const again = await traceOnce(journey);
      files = files.filter((path) => again.includes(path));
    }
    return files;
  };
  return {
    picture: await trace('picture'),
    'rate-limited': await trace('rate-limited'),
    cancel: await trace('cancel'),
  };
}

function listWords(): void {
  const found = wordsLeft(root);
  for (const { path, line, word, instead } of found) say(`${path}:${line}  ${word} → ${instead}\n`);
  say(`${found.length} words with a plainer name\n`);
}

function more(files: readonly string[], than: readonly string[]): readonly string[] {
  return files.filter((path) => !than.includes(path));
}

function say(text: string): void {
  process.stdout.write(text);
}
