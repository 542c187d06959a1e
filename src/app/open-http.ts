import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { candidatesNamed } from '../domain/job.ts';
import type { Area } from '../http/gate.ts';
import { type ListenHttpOptions, listenHttp } from '../http/serve-http.ts';
import type { Listening } from '../http/listen.ts';
import type { TelegramWebhook } from '../http/telegram-webhook.ts';
import type { Core } from './core.ts';
import { StartError } from './start-error.ts';

export type OpenHttpOptions = Omit<ListenHttpOptions, 'routes' | 'areas' | 'clock' | 'emit'> & {
  readonly config: Pick<Config, 'definitions' | 'providers' | 'budgetCurrency' | 'budgets' | 'gateway' | 'dataDir'>;
  readonly core: Core;
  /** Takes secrets out of what goes to readers of events. */
  readonly redact: (line: string) => string;
  /** Where Telegram sends updates, and who takes them; undefined where they are polled for. */
  readonly telegram: TelegramWebhook | undefined;
};

/**
 * Serves everything that is asked for over HTTP; the routes are loaded when somebody asks for one. Throws a StartError that
 * says why it cannot listen and what to do.
 */
export async function openHttp({ config, core, telegram, redact, ...options }: OpenHttpOptions): Promise<Listening> {
  await using opening = new AsyncDisposableStack();
  const { host, port } = options;
  const { clock, events, gateway } = core;
  const onError = (error: unknown, requestId: string) =>
    events.emit({ event: 'app.error', what: `answer the call ${requestId}`, error });
  const providers = new Set(config.definitions.map(({ name }) => name));
  const named = (name: string) => candidatesNamed(name, core.chains, providers);
  // Without the token nobody can ask for anything of this.
  const operators =
    options.adminToken.now === undefined
      ? undefined
      : opening.use(
          (await import('./programs/operator-parts.ts')).openOperatorParts({ config, core, named, providers, redact }),
        );
  // They were let in by the old token, and nothing asks for it again while they read.
  if (operators !== undefined) opening.use(options.adminToken.onReplaced(() => operators.feed.dismissReaders()));
  const openGateway = async (access: NonNullable<typeof gateway>) => {
    const [{ gatewayArea }, { PictureLinks }] = await Promise.all([
      import('../http/gateway/gateway.ts'),
      import('../http/gateway/picture-links.ts'),
    ]);
    const links = opening.use(new PictureLinks({ directory: join(config.dataDir, 'links'), clock }));
    return [links.area, gatewayArea({ access, links, publicUrl: config.gateway.url, clock, onError })];
  };
  const routes = async () => {
    const { httpRoutes } = await import('./http-routes.ts');
    return httpRoutes({ config, core, telegram, operators, named, providers });
  };
  const areas: readonly Area[] = [
    ...(gateway === undefined ? [] : await openGateway(gateway)),
    ...(telegram === undefined ? [] : [(await import('../http/telegram-webhook.ts')).telegramArea(telegram)]),
  ];
  try {
    const listening = opening.use(
      await listenHttp({
        ...options,
        routes,
        areas,
        ...(operators && { upgrades: operators.socket }),
        clock,
        emit: events.emit,
      }),
    );
    const opened = opening.move();
    return { url: listening.url, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const fix =
      code === 'EADDRINUSE'
        ? 'something else listens there; stop it or set HTTP_PORT to a free port'
        : `the system says ${code}; set HTTP_HOST and HTTP_PORT to an address of this machine that you may use`;
    throw new StartError(`Cannot listen on ${host}:${port}: ${fix}`, { cause: error });
  }
}
