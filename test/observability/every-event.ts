import type { Alert } from '../../src/domain/alert.ts';
import type { Choice } from '../../src/domain/attempt-trail.ts';
import type { AppEvent } from '../../src/domain/events.ts';
import { jobId, keyId } from '../../src/domain/ids.ts';

export const job = jobId('tg-42-7');
export const key = keyId('9f2c00112233aabb');

const attempt = { jobId: job, keyId: key, keyName: 'bytez #2', attempt: 1, of: 3, model: 'org/model' };

export const choice: Choice = { why: 'soonest', of: 4, skipped: { cooling: 2 }, expectedMs: 2_100 };

const alert: Alert = {
  id: 'key-failing 9f2c00112233aabb',
  severity: 'high',
  facts: { kind: 'key-failing', keyName: 'bytez #2', reason: 'rejected', times: 3 },
};

type EventName = AppEvent['event'];

const byName: { readonly [Name in EventName]: Extract<AppEvent, { event: Name }> | PairedEvent<Name> } = {
  'app.started': { event: 'app.started', keys: 11, waiting: 2, bot: '@darkroom_bot' },
  'app.ready': {
    event: 'app.ready',
    link: 'https://t.me/darkroom_bot',
    health: 'http://127.0.0.1:3002/readyz',
    models: ['image: bytez:org/model', 'video: bytez:org/film'],
    admins: 1,
    keys: 11,
  },
  'app.recovered': { event: 'app.recovered', handedBack: 2, setAside: 1, undelivered: 3 },
  'retention.deleted': { event: 'retention.deleted', requests: 3, results: 2 },
  'app.stopping': { event: 'app.stopping', running: 1 },
  'app.stopped': { event: 'app.stopped', handedBack: 1 },
  'config.reloaded': { event: 'config.reloaded', keys: 4 },
  'config.warning': { event: 'config.warning', text: 'BYTEZ_API_KEY position 1 is not a usable key' },
  'app.error': { event: 'app.error', what: 'claim the next job of bytez', error: new TypeError('no') },
  'storage.unavailable': { event: 'storage.unavailable', what: 'database', error: new TypeError('no') },
  'storage.recovered': { event: 'storage.recovered', what: 'database', lastedMs: 12_000 },
  'bucket.failing': {
    event: 'bucket.failing',
    why: 'clock',
    detail: 'HTTP 403 RequestTimeTooSkewed',
    aheadMs: 1_200_000,
  },
  'bucket.recovered': { event: 'bucket.recovered' },
  'copy.refused': { event: 'copy.refused', jobId: job, bytes: 60_000_000 },
  'link.refused': { event: 'link.refused', jobId: job, detail: '400 BUTTON_URL_INVALID' },
  'job.accepted': { event: 'job.accepted', jobId: job, kind: 'video', lane: 'premium', ahead: 0 },
  'job.started': { event: 'job.started', jobId: job, line: 'bytez', waitedMs: 1500 },
  'job.parked': { event: 'job.parked', jobId: job, line: 'bytez', reason: 'keys-cooling', forMs: 300_000 },
  'job.produced': { event: 'job.produced', jobId: job, bytes: 2_345_678, mime: 'image/png', ms: 45_000 },
  'job.failed': { event: 'job.failed', jobId: job, code: 'busy', calls: 3 },
  'job.dead-lettered': { event: 'job.dead-lettered', jobId: job, processes: 6 },
  'job.cancelled': { event: 'job.cancelled', jobId: job },
  'job.delivered': { event: 'job.delivered', jobId: job, ms: 46_000, as: 'message' },
  'job.notified': { event: 'job.notified', jobId: job, code: 'busy' },
  'job.undeliverable': { event: 'job.undeliverable', jobId: job, why: 'bot was blocked', held: 'unsure' },
  'job.delivery-postponed': { event: 'job.delivery-postponed', jobId: jobId('tg-1'), tries: 2, inMs: 30_000 },
  'attempt.started': { event: 'attempt.started', ...attempt, choice, waitedMs: 1500 },
  'attempt.failed': {
    event: 'attempt.failed',
    ...attempt,
    ms: 210,
    failure: { blame: 'key', reason: 'rate-limited', retryAfterMs: 30_000, detail: 'asked to wait' },
  },
  'attempt.submitted': { event: 'attempt.submitted', ...attempt },
  'attempt.resumed': { event: 'attempt.resumed', ...attempt },
  'attempt.lost': { event: 'attempt.lost', ...attempt },
  'attempt.succeeded': { event: 'attempt.succeeded', ...attempt, ms: 45_210 },
  'result.refused': {
    event: 'result.refused',
    jobId: job,
    model: 'org/painter',
    reason: 'result-unusable',
    detail: 'expected a image, got audio/mpeg',
  },
  'result.refetch': { event: 'result.refetch', jobId: job, detail: 'not there yet' },
  'key.changed': {
    event: 'key.changed',
    keyId: key,
    keyName: 'bytez #2',
    state: { kind: 'benched', reason: 'rejected', probeAtMs: 60_000, times: 1, confirmed: true },
  },
  'keys.grouped': { event: 'keys.grouped', provider: 'bytez', keyNames: ['bytez #1', 'bytez #2'] },
  'keys.tested': { event: 'keys.tested', working: 9, total: 11, ms: 420 },
  'address.wrong': { event: 'address.wrong', provider: 'bytez', detail: 'HTTP 404: Not found' },
  'address.right': { event: 'address.right', provider: 'bytez' },
  'keys.reloaded': { event: 'keys.reloaded', added: ['bytez #4'], removed: [] },
  'lease.lent': {
    event: 'lease.lent',
    leaseId: 'b1c2',
    keyId: keyId('k1'),
    keyName: 'bytez #2',
    provider: 'bytez',
    forMs: 60_000,
  },
  'lease.ended': {
    event: 'lease.ended',
    leaseId: 'b1c2',
    keyId: keyId('k1'),
    keyName: 'bytez #2',
    provider: 'bytez',
    how: 'failed',
    reason: 'rate-limited',
  },
  'keys.cleared': { event: 'keys.cleared', provider: 'bytez', keyNames: ['bytez #2'] },
  'clock.jumped': { event: 'clock.jumped', byMs: -3_600_000 },
  'failure.unrecognized': { event: 'failure.unrecognized', provider: 'bytez', detail: '418 teapot', count: 1 },
  'alert.raised': { event: 'alert.raised', alert },
  'alert.resolved': { event: 'alert.resolved', alert },
  'alert.undeliverable': {
    event: 'alert.undeliverable',
    adminId: 900,
    detail: '403 Forbidden: bot was blocked by the user',
  },
  'admin.refused': { event: 'admin.refused', userId: 7 },
  'payment.credited': { event: 'payment.credited', paymentId: 3, userId: 7, stars: 50, bought: 'pack' },
  'payment.unclear': { event: 'payment.unclear', paymentId: 3, userId: 7, stars: 50 },
  'payment.found': { event: 'payment.found', paymentId: 3, userId: 7, stars: 50 },
  'payment.refunded': { event: 'payment.refunded', paymentId: 3, userId: 7, stars: 50, by: 'admin' },
  'checkout.declined': { event: 'checkout.declined', userId: 7, why: 'price-changed' },
  'subscription.changed': { event: 'subscription.changed', userId: 7, state: 'canceled' },
  'model.closed': { event: 'model.closed', provider: 'bytez', model: 'org/model' },
  'model.gone': { event: 'model.gone', provider: 'openai', model: 'a-1', replacedBy: 'openai:a-2' },
  'model.ends': { event: 'model.ends', provider: 'openai', model: 'a-1', endsOn: '2026-12-01' },
  'models.listed': { event: 'models.listed', provider: 'openai', models: 12 },
  'models.reloaded': { event: 'models.reloaded', rows: 3 },
  'rules.reloaded': { event: 'rules.reloaded', rows: 2 },
  'webhook.failed': { event: 'webhook.failed', target: 'jobs', type: 'job.failed', tries: 20, why: 'HTTP 500' },
  'clients.reloaded': { event: 'clients.reloaded', clients: 2 },
  'provider.empty': { event: 'provider.empty', provider: 'bytez' },
  'provider.filled': { event: 'provider.filled', provider: 'bytez' },
  'key.ends': {
    event: 'key.ends',
    keyId: keyId('9f2c0000000000aa'),
    keyName: 'bytez #1',
    provider: 'bytez',
    endsOn: '2027-01-01',
  },
  'key.stays': { event: 'key.stays', keyId: keyId('9f2c0000000000aa'), keyName: 'bytez #1' },
  'key.not-in-plan': {
    event: 'key.not-in-plan',
    keyId: keyId('9f2c0000000000aa'),
    keyName: 'bytez #3',
    provider: 'bytez',
    model: 'org/model',
  },
  'model.cooling': { event: 'model.cooling', provider: 'bytez', model: 'org/model', forMs: 180_000 },
  'budget.near': { event: 'budget.near', of: 'openai', usd: 8.1, limit: 10 },
  'budget.spent': { event: 'budget.spent', of: 'all', usd: 10.2, limit: 10 },
  'budget.renewed': { event: 'budget.renewed', of: 'all' },
  'breaker.opened': { event: 'breaker.opened', provider: 'bytez' },
  'breaker.closed': { event: 'breaker.closed', provider: 'bytez' },
  'telegram.error': { event: 'telegram.error', method: 'getUpdates', detail: 'timed out', retryInMs: 3000 },
  'telegram.conflict': { event: 'telegram.conflict', by: 'poll', waits: true },
  'role.gained': { event: 'role.gained', role: 'telegram', fence: 3 },
  'role.lost': { event: 'role.lost', role: 'housekeeping' },
  'telegram.conflict-over': { event: 'telegram.conflict-over', afterMs: 35_000 },
  'update.ignored': { event: 'update.ignored', updateId: 1001, why: 'talk in a group' },
  'updates.all-known': { event: 'updates.all-known', count: 3 },
  'request.refused': { event: 'request.refused', jobId: jobId('tg-1001'), by: 'words' },
  'moderation.failing': { event: 'moderation.failing', by: 'openai', detail: 'timed-out', lets: 'allow' },
  'moderation.recovered': { event: 'moderation.recovered', by: 'openai' },
  'person.resting': { event: 'person.resting', userId: 7, untilMs: Date.UTC(2026, 0, 1, 13) },
  'result.reported': { event: 'result.reported', jobId: jobId('tg-1001'), reports: 1 },
  'bot.renamed': { event: 'bot.renamed', bot: '@darkroom_bot' },
  'update.failed': { event: 'update.failed', updateId: 1001, error: new TypeError('no'), setAside: true },
};

type PairedEvent<Name extends EventName> = Extract<
  AppEvent,
  { event: 'breaker.opened' | 'breaker.closed' | 'budget.near' | 'budget.spent' | 'alert.raised' | 'alert.resolved' }
> & {
  event: Name;
};

/** One event of every kind; the compiler asks for those that are missing. */
export const everyEvent: readonly AppEvent[] = Object.values(byName);
