import { join } from 'node:path';
import { openCore } from '../../src/app/open-core.ts';
import { parseConfig } from '../../src/config/config.ts';
import { readKeys } from '../../src/keys/sources/read-keys.ts';
import { systemRandom } from '../../src/kit/backoff.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { EventLog } from '../../src/observability/event-log.ts';
import { createRedactor } from '../../src/observability/redaction/redactor.ts';
import { openGatewayHttp } from '../gateway-http.ts';

const [upstream = '', dir = '', keys = ''] = process.argv.slice(2);

/** The gateway as `start` opens it, with its log, but without Telegram. */
const env = {
  OPENAI_BASE_URL: `${upstream}/v1`,
  OPENAI_API_KEYS: keys,
  OPENAI_SEATS_PER_KEY: '16',
  CHAT_CHAIN: 'openai:bench-model',
  IMAGE_CHAIN: 'openai:bench-model',
  API_CLIENTS_FILE: join(dir, 'clients.json'),
  DATA_DIR: join(dir, 'data'),
  HORDE_ANONYMOUS: 'off',
  KEYS_TEST_ON_START: 'off',
};
const config = parseConfig(env);
const log = new EventLog({ level: 'info', redactor: createRedactor([]), clock: systemClock });
const core = await openCore({
  config,
  keys: readKeys(env).keys,
  clock: systemClock,
  random: systemRandom,
  emit: log.emit,
  styleWords: (style) => style,
});
core.start();
const listening = await openGatewayHttp(config, core);

process.on('message', () => process.send?.({ url: listening.url }));
