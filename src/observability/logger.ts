import { type DestinationStream, type Level, type LevelWithSilent, type Logger, pino } from 'pino';
import type { AppEvent, Emit } from '../domain/events.ts';
import { loggableError } from './describe-error.ts';
import { redactLine, type Redactor } from './redaction/redactor.ts';
import { eventLine } from './event-line.ts';
import { terminalLine } from './terminal-line.ts';

export type LoggerOptions = {
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
  'keys.cleared': 'info',
  'clock.jumped': 'warn',
  'failure.unrecognized': 'warn',
  'alert.raised': 'warn',
  'alert.resolved': 'info',
  'alert.undeliverable': 'warn',
  'admin.refused': 'warn',
  'model.closed': 'warn',
  'model.cooling': 'warn',
  'breaker.opened': 'error',
  'breaker.closed': 'info',
  'telegram.error': 'warn',
  'telegram.conflict': 'warn',
  'telegram.conflict-over': 'info',
  'update.failed': 'error',
  'update.ignored': 'debug',
  'updates.all-known': 'warn',
  'bot.renamed': 'info',
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
