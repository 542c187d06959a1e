import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../journeys/talk.ts';
import { testKey } from '../support/test-app.ts';
import { startProcess } from './started-process.ts';

const root = new URL('../../', import.meta.url).href;

/** Writes the URL of every module that is loaded until the process ends into its folder. */
const lister = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  import { writeFileSync } from 'node:fs';
  const urls = [];
  registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
  process.on('exit', () => writeFileSync('modules.txt', urls.join('\\n')));
`)}`;

/** The modules of a bot with a key for Bytez and nothing else, as paths below the root. */
async function modulesAtRest(deeds: (health: string) => Promise<void>): Promise<readonly string[]> {
  await using bot = await startProcess(1, { BYTEZ_API_KEY: testKey(1), DRAIN_S: '0' }, ['--import', lister]);
  await until(() => bot.log.some(({ event }) => event === 'app.ready'));
  await deeds(String(bot.log.find(({ event }) => event === 'app.ready')?.['health']));
  bot.signal('SIGTERM');
  await bot.exited;
  const urls = readFileSync(join(bot.folder, 'modules.txt'), 'utf8').split('\n');
  return urls.filter((url) => url.startsWith(root)).map((url) => url.slice(root.length));
}

const unused: readonly (readonly [what: string, path: RegExp])[] = [
  ['adapters of providers without a key', /^src\/providers\/(?!bytez\/).*-provider\.ts$/],
  [
    'routes of the API, the gateway and the dashboard',
    /^src\/http\/(?:routes|gateway)\/|^src\/http\/dashboard\/.*-routes/,
  ],
  ['the libraries below the API', /^node_modules\/(?:hono|@hono|@asteasolutions|ws|uplot|prom-client)\//],
  ['the bucket', /^src\/media\/bucket\/|^node_modules\/aws4fetch\//],
  ['PostgreSQL and its driver', /^src\/storage\/postgres\/|^node_modules\/pg(?:-[a-z-]+)?\//],
  ['YAML', /^node_modules\/yaml\//],
  [
    'other commands and their parser',
    /^src\/cli\/(?:program\.|programs\/(?!live-token)|simulate|init|demo|doctor|keys)|^node_modules\/commander\//,
  ],
  ['sandbox and simulator', /^(?:sandbox|simulator)\//],
  ['what reads files of results', /^node_modules\/(?:music-metadata|file-type|strtok3)\//],
  ['parts of undici besides its agent', /^node_modules\/undici\/(?:index|lib\/(?:web|mock|cache|interceptor))/],
];

test('a start with a key for Bytez alone loads nothing that it does not use, nor does a supervisor who asks for its health', async () => {
  const modules = await modulesAtRest(async (health) => void (await fetch(health)));
  expect(modules).toContain('src/providers/bytez/bytez-provider.ts');
  expect(
    unused.flatMap(([what, path]) => modules.filter((name) => path.test(name)).map((name) => [what, name])),
  ).toEqual([]);
});

test('what is not loaded at the start is loaded when it is asked for', async () => {
  const modules = await modulesAtRest(async (health) => {
    expect((await fetch(health.replace('/readyz', '/dashboard/style.css'))).status).toBe(200);
  });
  expect(modules).toContain('src/http/dashboard/page-routes.ts');
});
