import { styleText } from 'node:util';
import { type DestinationStream, type Level, type LevelWithSilent, type Logger, pino } from 'pino';
import { z } from 'zod';
import type { AppEvent, Emit } from '../domain/events.ts';
import { loggableError } from './describe-error.ts';
import { eventLine } from './event-line.ts';
import { type Redactor, redactLine } from './redaction/redactor.ts';

type LoggerOptions = {
  readonly level: LevelWithSilent;
  readonly redactor: Redactor;
  /** Standard output when absent. */
  readonly destination?: DestinationStream;
  /** For a person: one line of words an event, coloured where the terminal shows colours. */
  readonly terminal?: { readonly hasColours: boolean };
  /** The time of a line, in milliseconds since 1970; the machine's time when absent. */
  readonly now?: () => number;
};

/** Writes lines without any secret, errors and their causes included: JSON, or words for a terminal. */
export function createLogger(options: LoggerOptions): Logger {
  const { now = Date.now } = options;
  const destination = options.destination ?? pino.destination({ dest: 1, sync: true });
  const { terminal } = options;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: loggableError, error: loggableError },
      hooks: { streamWrite: (line) => redactLine(line, options.redactor) },
    },
    terminal === undefined ? destination : terminalStream(destination, terminal.hasColours),
  );
}

function terminalStream(destination: DestinationStream, hasColours: boolean): DestinationStream {
  return { write: (line) => destination.write(terminalLine(line, hasColours)) };
}

/** One log line an event: its facts as fields, its line as the message. Never throws. */
export function emitTo(logger: Logger): Emit {
  return (event) => {
    try {
      logger[levelOf(event)](fieldsOf(event), eventLine(event) ?? event.event);
    } catch {
      // The emitter must not see an error of the log.
    }
  };
}

/** The event as a line of the log, for readers elsewhere; `more` comes first. */
export function logLine(event: AppEvent, more: Readonly<Record<string, string>>): string {
  const { error, ...fields } = fieldsOf(event);
  const shown = error instanceof Error ? { error: loggableError(error) } : error === undefined ? {} : { error };
  return JSON.stringify({ ...more, level: levelOf(event), ...fields, ...shown, msg: eventLine(event) ?? event.event });
}

const levels = {
  'app.started': 'info',
  'app.ready': 'info',
  'app.recovered': 'info',
  'retention.deleted': 'info',
  'app.stopping': 'info',
  'app.stopped': 'info',
  'config.warning': 'warn',
  'config.reloaded': 'info',
  'app.error': 'error',
  'storage.unavailable': 'error',
  'storage.recovered': 'info',
  'bucket.failing': 'error',
  'bucket.recovered': 'info',
  'copy.refused': 'warn',
  'link.refused': 'error',
  'job.accepted': 'info',
  'job.started': 'info',
  'job.parked': 'info',
  'job.produced': 'info',
  'job.failed': 'warn',
  'job.dead-lettered': 'error',
  'job.cancelled': 'info',
  'job.delivered': 'info',
  'job.notified': 'info',
  'job.undeliverable': 'warn',
  'job.delivery-postponed': 'info',
  'attempt.started': 'info',
  'attempt.submitted': 'info',
  'attempt.resumed': 'info',
  'attempt.lost': 'warn',
  'attempt.failed': 'warn',
  'attempt.succeeded': 'info',
  'result.refetch': 'warn',
  'result.refused': 'warn',
  'key.changed': 'info',
  'keys.grouped': 'info',
  'keys.tested': 'info',
  'address.wrong': 'error',
  'address.right': 'info',
  'keys.reloaded': 'info',
  'lease.lent': 'info',
  'lease.ended': 'info',
  'keys.cleared': 'info',
  'clock.jumped': 'warn',
  'failure.unrecognized': 'warn',
  'alert.raised': 'warn',
  'alert.resolved': 'info',
  'alert.undeliverable': 'warn',
  'admin.refused': 'warn',
  'model.closed': 'warn',
  'model.cooling': 'warn',
  'model.gone': 'warn',
  'model.ends': 'warn',
  'models.listed': 'info',
  'models.reloaded': 'info',
  'rules.reloaded': 'info',
  'clients.reloaded': 'info',
  'webhook.failed': 'warn',
  'provider.empty': 'warn',
  'provider.filled': 'info',
  'key.ends': 'warn',
  'key.stays': 'info',
  'key.not-in-plan': 'warn',
  'payment.credited': 'info',
  'payment.unclear': 'error',
  'payment.found': 'warn',
  'payment.refunded': 'warn',
  'checkout.declined': 'info',
  'subscription.changed': 'info',
  'budget.near': 'warn',
  'budget.spent': 'error',
  'budget.renewed': 'info',
  'breaker.opened': 'error',
  'breaker.closed': 'info',
  'telegram.error': 'warn',
  'telegram.conflict': 'warn',
  'telegram.conflict-over': 'info',
  'role.gained': 'info',
  'role.lost': 'warn',
  'update.failed': 'error',
  'update.ignored': 'debug',
  'updates.all-known': 'warn',
  'bot.renamed': 'info',
  'request.refused': 'info',
  'moderation.failing': 'warn',
  'moderation.recovered': 'info',
  'person.resting': 'info',
  'result.reported': 'warn',
} as const satisfies Record<AppEvent['event'], Level>;

function levelOf(event: AppEvent): Level {
  if (event.event === 'key.changed' && event.state.kind === 'benched') return 'warn';
  if (event.event === 'alert.raised' && event.alert.severity === 'high') return 'error';
  return levels[event.event];
}

const urgentLevels: ReadonlySet<Level> = new Set(['warn', 'error', 'fatal']);

/** True for an event that must be written even if the process dies at once. */
export function isUrgent(event: AppEvent): boolean {
  return urgentLevels.has(levelOf(event));
}

/** Moves nested facts up one level, so that every line can be searched by the same names. */
function fieldsOf(event: AppEvent): Readonly<Record<string, unknown>> {
  if (event.event === 'attempt.started') {
    const { choice, ...facts } = event;
    const { of: among, why: chosen, ...more } = choice;
    return { ...facts, chosen, among, ...more };
  }
  if (event.event === 'attempt.failed') {
    const { failure, ...facts } = event;
    return { ...facts, ...failure };
  }
  if (event.event === 'key.changed') {
    const { state, ...facts } = event;
    const { kind, ...more } = state;
    return { ...facts, state: kind, ...more };
  }
  if (event.event === 'alert.raised' || event.event === 'alert.resolved') {
    const { id, severity, facts } = event.alert;
    const { kind: alert, ...more } = facts;
    return { event: event.event, alertId: id, severity, alert, ...more };
  }
  return event;
}

const entrySchema = z.looseObject({
  level: z.string(),
  time: z.string(),
  msg: z.string().optional(),
  event: z.string().optional(),
  error: z.looseObject({ stack: z.string().optional() }).optional(),
});

const styles = { warn: 'yellow', error: 'red', fatal: 'red' } as const;

/**
 * One line of the log for a person at a terminal: `10:25:41Z  job tg-7 accepted: image, free lane, 0 ahead`. Warnings and
 * errors are named by their level; an error that no rule foresees shows its frames below. A line that is no entry of the
 * log stays as it is.
 */
function terminalLine(json: string, hasColours: boolean): string {
  const parsed = entrySchema.safeParse(parse(json));
  if (!parsed.success) return json;
  const { level, time, msg, event, error } = parsed.data;
  const paint = (style: 'dim' | 'yellow' | 'red', text: string) =>
    hasColours ? styleText(style, text, { validateStream: false }) : text;
  const name = level === 'info' ? '' : `${level.toUpperCase()} `;
  const style = level === 'warn' || level === 'error' || level === 'fatal' ? styles[level] : undefined;
  const words = `${name}${msg ?? event ?? ''}`;
  const frames = (error?.stack ?? '').split('\n').filter((frame) => frame !== '');
  return [
    `${paint('dim', `${time.slice(11, 19)}Z`)}  ${style === undefined ? words : paint(style, words)}`,
    ...frames.map((frame) => `           ${frame.trim()}`),
    '',
  ].join('\n');
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
