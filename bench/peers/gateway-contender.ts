import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'undici';
import type { Contender, Opened, Stage } from '../../simulator/contender.ts';
import { keyAt } from '../../simulator/world.ts';
import { openCore } from '../../src/app/open-core.ts';
import { parseConfig } from '../../src/config/config.ts';
import type { Emit } from '../../src/domain/events.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { openGatewayHttp } from '../gateway-http.ts';
import { scratch } from '../scratch.ts';
import { askForPicture } from './ask-for-picture.ts';
import { model, limits } from './limits.ts';
import { startUpstream } from './upstream.ts';

const token = 'dk_a-token-of-the-benchmark-0123456789abcdef';
const seatsPerKey = { scarce: '1', plenty: '4' } as const;
const turnedAway: ReadonlySet<string> = new Set(['cooling', 'benched', 'suspect']);

/** The gateway as `start` opens it, asked over HTTP as programs ask it, with OpenAI's own adapter and files on disk. */
export const gatewayContender: Contender = { name: 'Darkroom, gateway', kind: 'darkroom', open };

async function open({ world, clock, random, penalized }: Stage): Promise<Opened> {
  await using opening = new AsyncDisposableStack();
  const { baseUrl } = opening.use(await startUpstream(world));
  const { dir } = opening.use(scratch());
  const clientsFile = join(dir, 'clients.json');
  const hash = createHash('sha256').update(token).digest('hex');
  writeFileSync(clientsFile, JSON.stringify({ clients: [{ name: 'bench', token_sha256: hash }] }));
  const env = {
    OPENAI_BASE_URL: baseUrl,
    OPENAI_API_KEYS: Array.from({ length: world.keys }, (_, index) => keyAt(index + 1).reveal()).join(','),
    OPENAI_SEATS_PER_KEY: world.scenario.seats === undefined ? seatsPerKey.plenty : seatsPerKey.scarce,
    IMAGE_CHAIN: `openai:${model}`,
    IMAGE_TIMEOUT_S: String(limits.callMs / 1_000),
    IMAGE_DEADLINE_S: String(limits.requestMs / 1_000),
    GATEWAY_WAIT_S: String(limits.requestMs / 1_000),
    API_CLIENTS_FILE: clientsFile,
    DATA_DIR: join(dir, 'data'),
    HORDE_ANONYMOUS: 'off',
  };
  const config = parseConfig(env);
  const emit: Emit = (event) => {
    if (event.event === 'app.error') throw new Error(`Cannot measure: ${event.what}`, { cause: event.error });
    if (event.event !== 'key.changed' || !turnedAway.has(event.state.kind)) return;
    penalized(Number(/(\d+)$/.exec(event.keyName)?.[1]), event.state.kind);
  };
  const core = opening.use(
    await openCore({ config, keys: readKeys(env).keys, clock, random, emit, styleWords: (style) => style }),
  );
  const { url } = opening.use(await openGatewayHttp(config, core));
  const agent = new Agent();
  opening.defer(() => agent.destroy());
  core.start();
  const opened = opening.move();
  return {
    ask: (number) => askForPicture({ url, headers: { authorization: `Bearer ${token}` }, number, agent }),
    [Symbol.asyncDispose]: async () => {
      await core.drain(AbortSignal.abort());
      await opened.disposeAsync();
    },
  };
}
