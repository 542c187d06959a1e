import { mutant } from './mutant.ts';

const token = 'test/http/admin-token.test.ts';
const routes = 'test/http/routes.test.ts';
const limits = 'test/http/request-limits.test.ts';
const session = 'test/http/dashboard-session.test.ts';
const redactor = 'test/observability/redaction';
const log = 'test/observability/logger.test.ts';
const texts = [
  'test/messages/message-mapper.test.ts',
  'test/messages/shown-text.test.ts',
  'test/messages/shown-length.test.ts',
] as const;

/** HTTP, the log, what is shown, the configuration. */
export const edgeMutants = [
  mutant(
    'two tokens in two headers are enough',
    ' && others.length === 0 && matches.length > 0',
    ' && matches.length > 0',
    token,
    limits,
  ),
  mutant('any token comes in', 'timingSafeEqual(ofOffered, digest)', 'true', token),
  mutant('any spelling of the header comes in', '/^Bearer ([\\x21-\\x7e]{1,512})$/', '/^bearer +(\\S+)$/i', token),
  mutant(
    'tokens are guessed without end',
    'if (waitMs > 0) return { status: 429',
    'if (false) return { status: 429',
    token,
  ),
  mutant('wrong tokens are not counted', 'failures.count(caller.address);', '', token),
  mutant('an open page hands its reasons to any bearer', '&& !caller.authorizations.some(isBearer)', '', token),
  mutant(
    'a session is good for pages of other sites',
    "return isOwnPage(caller) ? 'yes' : 'foreign';",
    "return 'yes';",
    session,
  ),
  mutant(
    'a form of another site changes something',
    "return method === 'GET' || header(pageHeader) === '1';",
    'return true;',
    session,
  ),
  mutant('a socket is a page', "&& caller.header('upgrade') === undefined", '', session),
  mutant(
    'sessions never end',
    'nowMs - session.usedMs < idleMs && nowMs - session.sinceMs < longestMs',
    'true',
    session,
  ),
  mutant(
    'a session outlives its token',
    'some((digest) => timingSafeEqual(digest, session.byToken))',
    'some(() => true)',
    session,
  ),
  mutant(
    'a page that was left open locks its address',
    "if (session === 'expired') return { status: 401 };",
    '',
    session,
  ),
  mutant(
    'another site signs somebody in',
    "if (origin === undefined || !isOfHost(origin, c.req.header('host') ?? '') || site !== 'same-origin') {",
    'if (origin === undefined) {',
    session,
  ),
  mutant('tokens are guessed at the form', 'tries.count(address);', '', session),
  mutant('pages run scripts of anybody', `"script-src 'self'",`, `"script-src 'self' 'unsafe-inline'",`, session),
  mutant('addresses of one network are many', '.slice(0, 8).join', '.join', token),
  mutant('any Host is served', 'if (others.length > 0 || !serves(named)) return { status: 421 };', '', routes),
  mutant(
    'open pages take every method',
    "return caller.method === 'GET' ? 'pass'",
    "return caller.method ? 'pass'",
    routes,
  ),
  mutant('odd paths are spellings of pages', 'if (!isPlain(path)) return { status: 404 };', '', routes),
  mutant('unknown methods come in', 'if (!methods.has(caller.method)) return', 'if (false) return', routes),
  mutant(
    'compressed bodies come in',
    "if (coding !== undefined && coding !== 'identity') return { status: 415 };",
    '',
    limits,
  ),
  mutant('bodies have any size', 'return bodyBytes > area.maxBodyBytes ? { status: 413 } : ', 'return ', limits),
  mutant(
    'bodies without a length come in',
    "=== true ? 'pass' : { status: 411 };",
    "=== true ? 'pass' : 'pass';",
    limits,
  ),
  mutant('headers have any size', 'headerBytes: 16_384', 'headerBytes: 1_000_000', limits, token),
  mutant(
    'headers take any time',
    'headersTimeout: limits.headersMs,\n      requestTimeout: limits.requestMs,',
    'headersTimeout: 0,\n      requestTimeout: 0,',
    limits,
  ),
  mutant('any number of connections', 'sockets: 100,', 'sockets: 100_000,', limits),
  mutant(
    'a body that nobody wants is waited for',
    'if (caller.bodyBytes !== 0) response.shouldKeepAlive = false;',
    '',
    limits,
  ),
  mutant(
    'a short token does for every address',
    "if (unquoted(env['ADMIN_TOKEN'] ?? '').length >= shortestPublicToken) return [];",
    'return [];',
    'test/config/config.test.ts',
    routes,
  ),
  mutant(
    'other machines are this one',
    "if (version === 0) return host.toLowerCase() === 'localhost';",
    "if (version === 0) return host.toLowerCase().startsWith('localhost');",
    'test/kit/loopback.test.ts',
    'test/config/config.test.ts',
  ),

  mutant(
    'secrets stay in the log',
    'if (found === undefined) return keptFrom === 0',
    'if (found?.at !== -1) return keptFrom === 0',
    redactor,
  ),
  mutant(
    'encoded secrets stay in the log',
    '...encoded.filter((form) => form.length >= minEncodedLength)',
    '',
    redactor,
  ),
  mutant('the end of a secret stays in the log', '[secret.slice(-endLength)]', '[]', redactor),
  mutant('unknown bot tokens stay in the log', 'if (!tokenMiddle.test(text)) return text;', 'return text;', redactor),
  mutant(
    'control signs stay in the log',
    "redactor.redact(text.replace(/[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]/g, ''))",
    'redactor.redact(text)',
    log,
    'test/observability/untrusted-text.test.ts',
    redactor,
  ),
  mutant('addresses are told whole', "'$1$2/…'", "'$&'", 'test/observability/describe-error.test.ts'),
  mutant(
    'causes are followed without end',
    'parts.length < maxCauses && !seen.has(current)',
    '!seen.has(current)',
    'test/observability/describe-error.test.ts',
  ),
  mutant('an alert is raised twice', 'if (this.#open.has(id)) return;', '', 'test/observability/alerts'),
  mutant(
    'strangers are told of each time',
    'if (monotonicMs - this.#raisedAtMonotonicMs < minIntervalMs) return;',
    '',
    'test/observability/alerts',
  ),
  mutant('a few calls make an alert', ' && calls >= minCalls &&', ' &&', 'test/observability/alerts'),

  mutant('HTML in a prompt is markup', 'entities[character] ?? character', 'character', ...texts),
  mutant('what turns text round is shown', ".replaceAll(bidiControls, '')", '', ...texts),
  mutant('control signs are shown', ".replaceAll(controls, '')", '', ...texts),
  mutant('marks pile up', ".replaceAll(tooManyMarks, '$1')", '', ...texts),
  mutant('half an emoji is shown', 'return text.toWellFormed().replaceAll', 'return text.replaceAll', ...texts),
  mutant(
    'texts are cut inside what is seen as one',
    'if (kept.length + segment.length > maxUnits) {',
    'if (false) {',
    ...texts,
  ),

  mutant(
    'an admin’s id is guessed at',
    '/^[1-9][0-9]{0,15}$/.test(text) ? Number(text)',
    "text !== '' ? Number.parseInt(text, 10)",
    'test/config/admin-ids.test.ts',
  ),
  mutant(
    'Telegram’s own accounts may be admins',
    'if (nobodys.has(id)) return bad',
    'if (false) return bad',
    'test/config/admin-ids.test.ts',
  ),
  mutant(
    'numbers are guessed at',
    '/^-?[0-9]{1,9}$/.test(text) ? Number(text)',
    "text !== '' ? Number(text)",
    'test/config',
  ),
  mutant(
    'numbers have no bounds',
    'if (value >= min && value <= max) return good',
    'if (!Number.isNaN(value)) return good',
    'test/config',
  ),
  mutant(
    'addresses of providers hold passwords',
    " && (mayHaveUser || (url.username === '' && url.password === ''))",
    '',
    'test/config',
  ),
  mutant(
    'a byte order mark hides a name',
    "readFile(path).replace(/^\\ufeff/, '')",
    'readFile(path)',
    'test/config/env.test.ts',
  ),
  mutant(
    'UTF-16 is read as nothing',
    "if (text.includes('\\0') || text.startsWith('\\ufffd')) {",
    'if (false) {',
    'test/config/env.test.ts',
  ),
  mutant(
    'names set twice are not told',
    'if (seen.has(name)) warnings.push',
    'if (false) warnings.push',
    'test/config/env.test.ts',
  ),
  mutant(
    'a value cut at a # is not told',
    'if (/^[^#]*\\S#/.test(value)) {',
    'if (false) {',
    'test/config/env.test.ts',
  ),
  mutant(
    'quotation marks around a setting stay',
    "const text = clean(written ?? '');",
    "const text = written ?? '';",
    'test/config/values-on-their-way.test.ts',
  ),
  mutant(
    'the debugger may be open in production',
    "if (env['NODE_ENV'] === 'production') {",
    'if (false) {',
    'test/cli/debugger-warnings.test.ts',
  ),
  mutant(
    'the wizard writes a file that others read',
    "const file = openSync(part, 'wx', 0o600);",
    "const file = openSync(part, 'wx', 0o644);",
    'test/cli/init.test.ts',
  ),
  mutant(
    'a refused start tells what came before',
    "if (this.#held === 'held') this.#held = 'dropped';",
    '',
    'test/observability/event-log.test.ts',
  ),
  mutant(
    'the end of npm goes unnoticed',
    'if (process_.ppid === parent) return;',
    'if (process_.ppid !== 0) return;',
    'test/processes/below-npm.test.ts',
  ),
  mutant(
    'a crash report holds the environment',
    'process_.report.excludeEnv = true;',
    ';',
    'test/processes/last-resort.test.ts',
  ),
  mutant(
    'a very long sleep ends at once',
    'sleepFor(Math.min(ms, maxTimerMs)',
    'sleepFor(Math.min(ms, 2 ** 40)',
    'test/kit/clock.test.ts',
  ),
  mutant(
    'a short outage is told each time',
    'isRelapse ? Math.min(this.#quietMs * 2, maxQuietMs) : minQuietMs',
    'leastQuietMs',
    'test/kit/outage-tracker.test.ts',
  ),
];
