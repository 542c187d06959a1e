import type { Config } from '../config/config.ts';
import type { RaisedAlert } from '../domain/admin-api.ts';
import type { ProviderName } from '../domain/ids.ts';
import type { candidatesNamed } from '../domain/job.ts';
import type { RouteGroup } from '../http/api.ts';
import { dashboardJobRoutes } from '../http/dashboard/job-routes.ts';
import { overviewRoutes } from '../http/dashboard/overview-routes.ts';
import { gatewayRoutes } from '../http/gateway/gateway.ts';
import { eventRoutes } from '../http/routes/event-routes.ts';
import { fallbackRoutes } from '../http/routes/fallback-routes.ts';
import { keyHealthRoutes } from '../http/routes/health-routes.ts';
import { jobRoutes } from '../http/routes/job-routes.ts';
import { keyRoutes } from '../http/routes/key-routes.ts';
import { leaseRoutes } from '../http/routes/lease-routes.ts';
import { metricRoutes } from '../http/routes/metric-routes.ts';
import { recordRoutes } from '../http/routes/record-routes.ts';
import { type TelegramWebhook, telegramRoutes } from '../http/telegram-webhook.ts';
import { alertAdvice, alertFactWords } from '../observability/operator-words.ts';
import { storyWords } from '../observability/story-words.ts';
import { openFallbackTest } from './programs/open-fallback-test.ts';
import type { Core } from './core.ts';
import type { OperatorParts } from './programs/operator-parts.ts';

type HttpRoutesOptions = {
  readonly config: Pick<Config, 'definitions' | 'budgetCurrency' | 'budgets'>;
  readonly core: Core;
  readonly telegram: TelegramWebhook | undefined;
  /** Absent where no token lets operators in. */
  readonly operators: OperatorParts | undefined;
  readonly named: (name: string) => ReturnType<typeof candidatesNamed>;
  readonly providers: ReadonlySet<ProviderName>;
};

/** Every route but those of health and of the dashboard's page. Loaded with the first request for any of them. */
export function httpRoutes(options: HttpRoutesOptions): readonly RouteGroup[] {
  const { core, telegram, operators } = options;
  const { gateway } = core;
  return [
    ...(operators === undefined ? [] : operatorRoutes(operators, options)),
    ...(gateway === undefined ? [] : [gatewayRoutes(gateway)]),
    ...(telegram === undefined ? [] : [telegramRoutes(telegram)]),
  ];
}

function operatorRoutes(
  { admin, lending, feed, metrics }: OperatorParts,
  { config, core, named, providers }: HttpRoutesOptions,
): readonly RouteGroup[] {
  const { clock, gateway } = core;
  const alertWords = ({ facts }: RaisedAlert) => ({ what: alertFactWords(facts), advice: alertAdvice(facts) });
  return [
    eventRoutes(feed, clock),
    metricRoutes(metrics),
    fallbackRoutes((request, signal) => openFallbackTest(request, signal, { core, definitions: config.definitions })),
    keyRoutes(admin),
    leaseRoutes(lending),
    jobRoutes(admin),
    recordRoutes({ admin, currency: config.budgetCurrency, clock }),
    keyHealthRoutes({
      admin,
      providers,
      providersNamed: (name) => named(name).map(({ provider }) => provider),
      alertWords,
    }),
    overviewRoutes({
      admin,
      models: () => core.service.models.inChains(),
      budgets: config.budgets,
      clients: gateway?.clients,
      currency: config.budgetCurrency,
      alertWords,
      clock,
    }),
    dashboardJobRoutes({ admin, words: storyWords }),
  ];
}
