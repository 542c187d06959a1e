import { mutant, type Mutant } from './mutant.ts';

const lines = 'test/jobs/client-calls/client-lines.test.ts';
const trouble = 'test/journeys/gateway-in-trouble.test.ts';
const told = 'test/journeys/webhooks.test.ts';
const lent = 'test/keys/lending/lending-service.test.ts';
const leases = 'test/http/leases.test.ts';
const events = 'test/http/events.test.ts';
const sender = 'test/http/webhooks/webhook-sender.test.ts';

/** What is defended where other programs borrow keys, ask and are told. */
export const gatewayMutants: readonly Mutant[] = [
  mutant(
    'a program goes before people',
    'if (people[lane] > 0 && turns.jobs <= turns.calls) return undefined;',
    '',
    lines,
  ),
  mutant('who did not wait is owed turns', 'turns.calls = Math.max(turns.calls, turns.jobs);', ';', lines),
  mutant('a client runs more at once than it may', '?.running ?? 0) < running', '?.running ?? 0) < Infinity', lines),
  mutant('a client may ask for any kind', 'client.kinds?.includes(kind) === false', 'false', trouble),
  mutant('a client may spend without end', 'if (spentForMs > 0) {', 'if (false) {', trouble),
  mutant('a client has no rate', 'if (waitMs === 0) return undefined;', 'return undefined;', trouble),
  mutant('a hung-up call goes on', 'this.stop.abort(new CallerGone());', ';', trouble),
  mutant(
    'a broken stream ends as if it were whole',
    'if (exchange.hasBegun && result.isCut === true)',
    'if (false)',
    trouble,
  ),
  mutant('what precedes a stream is passed on at once', 'if (!this.#hasBegun && !carries) {', 'if (false) {', trouble),
  mutant('a body may be nested without end', 'if (levels === 0) return false;', '', trouble),
  mutant('a body has no end', 'if (bytes <= maxBodyBytes)', 'if (bytes > 0)', trouble),
  mutant('a message has another id at each try', "'webhook-id': id,", "'webhook-id': `${id}-${timestamp}`,", told),
  mutant('a receiver is told without end', 'dueAtMs > message.giveUpAtMs ||', 'false ||', told),
  mutant(
    'Telegram forgets what is not durable',
    'isTaken ? c.body(null, 200)',
    'true ? c.body(null, 200)',
    'test/http/telegram-webhook.test.ts',
  ),
  mutant('an old fence is obeyed', 'return held?.fence === fence ? held : undefined;', 'return held;', leases),
  mutant('a lease outlives its holder', "this.#end(id, held, { kind: 'unused' }, 'expired');", '', lent),
  mutant('a lease is reported twice', 'this.#held.delete(id);\n    held.timer', 'held.timer', lent, leases),
  mutant('a renewed lease ends at its old time', 'held.timer = this.#expiry(id, ttlMs);', '', lent),
  mutant('a newcomer overtakes those who wait', 'if (this.#hasWaiterFor(each.provider)) {', 'if (false) {', lent),
  mutant(
    'programs that wait for a seat starve the jobs of the bot',
    'if (this.#jobsTurn.delete(provider)) this.#lookSoon(provider);',
    'if (false) this.#lookSoon(provider);',
    lent,
  ),
  mutant('a slow reader of events is waited for', 'if (reader(entry)) return;', 'reader(entry); return;', events),
  mutant(
    'a reader of events sees again what it saw',
    'Number(number) + 1 - firstKept',
    'Number(number) - firstKept',
    events,
  ),
  mutant('a page is told of each event', 'if (!isResting) tell();', 'tell();', events),
  mutant('a page is not told of the last events', 'clock.schedule(gatherMs, tell);', '', events),
  mutant(
    'a receiver that wants no more is told on',
    "|| (answer.kind === 'answered' && answer.status === 410)",
    '',
    sender,
  ),
  mutant('a message is signed without its time', '`${id}.${timestamp}.${body}`', '`${id}.${body}`', told),
];
