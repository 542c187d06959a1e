import { openAdmin } from '../app/open-admin.ts';
import { alertAdvice, alertFactWords } from '../observability/operator-words.ts';
import { momentWords } from '../observability/quantities.ts';
import { countByProvider, writeJson } from './keys/key-tables.ts';
import { readConfig, readKnownKeys } from './keys/known-keys.ts';
import { paint, type ProcessContext, type Style } from './process-context.ts';

const raisedCode = 1;
const styles = { high: 'bad', medium: 'warn', low: 'dim' } as const satisfies Record<string, Style>;

/** Prints what is wrong right now and what to do about it; exit code 1 when a high alert is raised. */
export async function showAlerts(context: ProcessContext, { json }: { readonly json: boolean }): Promise<void> {
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const raised = await opened.admin.alerts();
  const isUrgent = raised.some(({ severity }) => severity === 'high');
  if (isUrgent) context.exitWith(raisedCode);
  const told = raised.map((alert) => ({
    ...alert,
    what: alertFactWords(alert.facts),
    advice: alertAdvice(alert.facts),
  }));
  if (json) return writeJson(context.out, { bot: opened.owner, alerts: told });
  if (opened.owner !== 'running') return context.out.write('The bot is not running: nothing is known of alerts\n');
  if (told.length === 0) return context.out.write('Nothing is wrong\n');
  const nowMs = context.clock.now();
  const lines = told.flatMap(({ severity, what, advice, raisedAtMs }) => [
    `${paint(context.out, styles[severity], severity)}: ${what} (since ${momentWords(raisedAtMs, nowMs)})`,
    `  to do: ${advice}`,
  ]);
  return context.out.write(`${lines.join('\n')}\n`);
}

/** Prints each provider in one line, and how many alerts are raised. */
export async function showSummary(context: ProcessContext, { json }: { readonly json: boolean }): Promise<void> {
  const { config } = readConfig(context);
  using opened = await openAdmin({ config, keys: [], clock: context.clock });
  const { keys } = await readKnownKeys(context);
  const providers = countByProvider(keys);
  const alerts = (await opened.admin.alerts()).length;
  if (providers.every(({ ready }) => ready === 0)) context.exitWith(raisedCode);
  if (json) return writeJson(context.out, { bot: opened.owner, providers, alerts });
  const lines = [
    `the bot is ${opened.owner === 'running' ? 'running' : 'not running'}`,
    ...providers.map(({ provider, ready, total, cooling, benched, disabled }) => {
      const words = `${provider}: ${ready} of ${total} take calls, ${cooling} cooling, ${benched} benched, ${disabled} disabled`;
      return paint(context.out, ready > 0 ? 'good' : 'bad', words);
    }),
    alerts === 0
      ? 'no alert is raised'
      : `${alerts} ${alerts === 1 ? 'alert' : 'alerts'}: "darkroom alerts" says what to do`,
  ];
  return context.out.write(`${lines.join('\n')}\n`);
}
