import { mutant } from './mutant.ts';

const wire = ['test/providers/http/http-exchange.test.ts', 'test/contract/bytez.test.ts'] as const;
const bytez = 'test/providers/bytez';
const words = 'test/providers/classification';

/** What a provider may answer. */
export const providerMutants = [
  mutant('an answer has any size', 'if (this.#bytes > this.#call.bodyLimitBytes)', 'if (false)', ...wire),
  mutant(
    'a packed answer is unpacked to any size',
    "if (bytes > this.#call.bodyLimitBytes) return this.#settle({ kind: 'too-large' });",
    '',
    ...wire,
  ),
  mutant('an abort does not end the wire', "signal.addEventListener('abort', this.#onAbort);", ';', ...wire),
  mutant(
    'JSON has any depth',
    'if (depth > maxDepth || values > maxValues) return false;',
    '',
    'test/providers/http/parse-json.test.ts',
  ),
  mutant(
    'bytes that are no UTF-8 are guessed at',
    "if (!isUtf8(bytes)) return { ok: false, why: 'not UTF-8' };",
    '',
    `${bytez}/answer-bodies.test.ts`,
    'test/providers/http/parse-json.test.ts',
  ),
  mutant(
    'Retry-After has no least',
    'Math.max(minMs, Math.ceil(askedMs))',
    'Math.ceil(askedMs)',
    'test/providers/classification/retry-after.test.ts',
  ),
  mutant(
    'Retry-After has no most',
    'Math.min(maxMs, Math.max',
    'Math.max(0, Math.max',
    'test/providers/classification/retry-after.test.ts',
  ),
  mutant(
    'Retry-After may be anything',
    '/^\\d{1,15}(?:\\.\\d{1,9})?$/.test(value)',
    'true',
    'test/providers/classification/retry-after.test.ts',
  ),
  mutant(
    'an address of any length is a result',
    'const isUsable = url.length <= maxUrlLength && ',
    'const isUsable = ',
    `${bytez}/answer-bodies.test.ts`,
    'test/media/address-guard.test.ts',
  ),
  mutant(
    'any number of results is read',
    'output.length > maxResults ? undefined : ',
    '',
    `${bytez}/answer-bodies.test.ts`,
    'test/media/redirects.test.ts',
  ),
  mutant(
    'words are a result because their letters are base64',
    'return bytes === undefined || isWords ?',
    'return bytes === undefined ?',
    'test/media/result-encodings.test.ts',
  ),
  mutant(
    'an error beside a result is overlooked',
    "if (hasError(fields)) return { kind: 'complaint'",
    "if (false) return { kind: 'complaint'",
    bytez,
  ),
  mutant(
    'a result at an address with our key is fetched',
    'return isLeak ? { ok: false, failure: keyInAddress } : { ok: true, source };',
    'return { ok: true, source };',
    `${bytez}/failure-classes.test.ts`,
  ),
  mutant(
    'an escaped key in an address is overlooked',
    ' || unescaped(source.url).includes(key)',
    '',
    `${bytez}/failure-classes.test.ts`,
  ),
  mutant(
    'a key that is no header value goes out',
    "if (key !== '' && !isHeaderValue(key)) return { ok: false, failure: unusableKey };",
    '',
    'test/contract/bytez.test.ts',
    bytez,
  ),
  mutant(
    'two sentences make one statement',
    '.split(/(?<=[.!?…])\\s+|[;\\n\\r]+/u)',
    '.split(/\\0/)',
    `${words}/word-order.test.ts`,
  ),
  mutant(
    'a stated wait makes no quota a rate',
    "return refined(isRate || (isShort && mayBeRate) ? 'rate-limited' : reason);",
    'return refined(reason);',
    `${bytez}/limits.test.ts`,
  ),
  mutant(
    'a date is measured by our clock',
    "return dateMs(header(headers, 'date')) ?? nowMs;",
    'return nowMs;',
    'test/providers/classification/retry-after.test.ts',
  ),
  mutant(
    'an empty error is an error',
    'value === null || value === false || value === 0',
    'value === null',
    `${bytez}/empty-errors.test.ts`,
  ),
  mutant(
    'the page of a content network says nothing',
    'complaint.isBlockPage === true && complaint.status < 500',
    'false',
    `${words}/wordings.test.ts`,
  ),
  mutant(
    'the name of a model may leave its place',
    " && !segment.includes('..') && segment !== '.'",
    '',
    'test/contract/bytez.test.ts',
    bytez,
  ),
  mutant('3xx is a success', 'status >= 200 && status < 300', 'status >= 200 && status < 400', ...wire, bytez),
  mutant(
    'the words of a failure decide nothing',
    'if (phrase !== undefined && phrase.means !== rule.means) {',
    'if (false) {',
    `${bytez}/failure-classes.test.ts`,
    `${bytez}/failure-table.test.ts`,
  ),
  mutant(
    'a page of HTML speaks of keys',
    'if (complaint.isHtml && rule.page !== undefined) {',
    'if (false) {',
    `${bytez}/failure-classes.test.ts`,
    `${bytez}/failure-table.test.ts`,
  ),
  mutant(
    'the key stays in what is told',
    "rest.replace(new RegExp(escaped(spelling), 'gi'), '[key]')",
    'rest',
    `${words}/safe-detail.test.ts`,
  ),
  mutant(
    'the ends of a key stay in what is told',
    'if (secret.length >= 16) spellings.push',
    'if (false) spellings.push',
    `${words}/safe-detail.test.ts`,
    `${bytez}/failure-classes.test.ts`,
  ),
  mutant(
    'control signs stay in what is told',
    ".replace(/[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\s]+/gu, ' ')",
    '',
    `${words}/safe-detail.test.ts`,
    bytez,
  ),
  mutant(
    'what is told has any length',
    'line.length <= detailLimit ? line : ',
    '1 > 0 ? line : ',
    `${words}/safe-detail.test.ts`,
    bytez,
  ),
  mutant(
    'the prompt stays in what is told',
    'const whole = text.replaceAll(trimmed, hole)',
    "const whole = text.replaceAll('\\u0000', hole)",
    `${words}/strip-echo.test.ts`,
  ),
  mutant(
    'pieces of the prompt stay in what is told',
    'if (size < minPieceLength) return text;',
    'return text;',
    `${words}/strip-echo.test.ts`,
  ),
];
