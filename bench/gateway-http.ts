import type { Core } from '../src/app/core.ts';
import { openHttp } from '../src/app/open-http.ts';
import type { Config } from '../src/config/config.ts';
import { LiveSecret } from '../src/kit/secret.ts';

/** Opens the HTTP interface of a core without Telegram, on a free port of this machine. */
export function openGatewayHttp(config: Config, core: Core): ReturnType<typeof openHttp> {
  return openHttp({
    ...config.http,
    adminToken: new LiveSecret(config.http.adminToken),
    port: 0,
    config,
    core,
    telegram: undefined,
    redact: (line) => line,
    vitals: { databaseWritable: () => true, serving: () => 'yes', telegramAnswers: () => true },
  });
}
