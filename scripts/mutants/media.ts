import { mutant } from './mutant.ts';

const address = ['test/media/address-guard.test.ts', 'test/media/forbidden-addresses.test.ts'] as const;
const names = ['test/media/connector.test.ts', 'test/media/name-servers.test.ts'] as const;
const network = 'test/media/connector.test.ts';
const redirects = ['test/media/redirects.test.ts', 'test/media/result-download.test.ts'] as const;
const sizes = [
  'test/media/result-download.test.ts',
  'test/media/slow-files.test.ts',
  'test/media/result-files.test.ts',
] as const;
const metadata = 'test/media/strip-metadata.test.ts';

/** Fetching results: addresses, redirects, sizes, types, metadata. */
export const mediaMutants = [
  mutant('scoped addresses are public', " || ip.includes('%')", '', ...address),
  mutant('private ranges are public', "if (address.range() !== 'unicast') return true;", '', ...address),
  mutant('all of IPv6 is public', 'return !address.match(globalUnicastV6);', 'return false;', ...address),
  mutant(
    'addresses have any length',
    'if (text.length > maxUrlLength) return refused',
    'if (false) return refused',
    ...address,
  ),
  mutant(
    'backslashes and blanks pass in an address',
    'if (hasUnsafeCharacters(text)) return refused',
    'if (false) return refused',
    ...address,
  ),
  mutant(
    'a user name passes in an address',
    "if (authority.includes('@')) return refused",
    'if (false) return refused',
    ...address,
  ),
  mutant('http passes', "if (url.protocol === 'http:') return refused", 'if (false) return refused', ...address),
  mutant('any port passes', "if (url.port !== '') return refused", 'if (false) return refused', ...address),
  mutant(
    'address literals pass',
    'if (isIP(literal) !== 0) return isForbiddenAddress(literal)',
    'if (isIP(literal) !== 0) return false',
    ...address,
  ),
  mutant('local names pass', 'const isLocal = labels.length < 2 || ', 'const isLocal = false && ', ...address),
  mutant(
    'odd names pass',
    "if (name.length > 253 || labels.some((label) => label === '' || label.length > 63)) return 'not a host name';",
    '',
    ...address,
  ),
  mutant(
    'exemptions match the beginning of a name',
    'allowed.trim().toLowerCase() === name',
    'name.startsWith(allowed.trim().toLowerCase().split(":")[0] ?? "")',
    ...address,
  ),
  mutant(
    'a name may lead inside',
    'if (!isFree(target) && addresses.some(isForbiddenAddress)) {',
    'if (false) {',
    ...names,
  ),
  mutant(
    'one public address is enough',
    'addresses.some(isForbiddenAddress)',
    'addresses.every(isForbiddenAddress)',
    ...names,
  ),
  mutant('the end of a connection is not looked at', 'checkSocket(socket);', '', ...names),
  mutant('a name server is waited for without end', 'const resolveMs = 5000', 'const resolveMs = 5_000_000', ...names),
  mutant('very many addresses are tried', 'const maxAddresses = 40', 'const maxAddresses = 40_000', ...names),
  mutant(
    'a proxy is asked for private names',
    'if (!isFree(target) && whyNotHost(target.hostname) !== undefined) {',
    'if (false) {',
    network,
  ),
  mutant(
    'the second family waits for the end of the first',
    '[first[index], second[index]])',
    '[first[index]])',
    'test/kit/network/connect.test.ts',
  ),
  mutant('a late connection stays open', 'else made.destroy();', '', 'test/kit/network/connect.test.ts'),
  mutant(
    'a proxy is waited for without end',
    'const proxyAnswerMs = 10_000',
    'const proxyAnswerMs = 10_000_000',
    network,
  ),
  mutant(
    'a translated address is public whatever it leads to',
    'const address = translated(ipaddr.parse(ip));',
    'const address = ipaddr.parse(ip);',
    ...address,
  ),
  mutant('redirects have no end', 'if (hop === maxRedirects) throw', 'if (false) throw', ...redirects),
  mutant(
    'a redirect is not checked',
    'if (result.ok) return result.url;',
    "if (result.ok || URL.canParse(String(result))) return result.ok ? result.url : new URL('https://example.com');\n  return new URL('https://cdn.example.com/');",
    ...redirects,
  ),
  mutant(
    'a redirect leads from https to http',
    "if (from.protocol === 'https:' && to.protocol === 'http:') {",
    'if (false) {',
    'test/media/certificates.test.ts',
  ),
  mutant(
    'a redirect may be odd',
    'if (hasUnsafeCharacters(location) || !URL.canParse(location, from.href)) {',
    'if (!URL.canParse(location, from.href)) {',
    ...redirects,
  ),
  mutant('a promised size is believed', 'if (bytes > limitBytes) throw tooLarge(limitBytes);', '', ...sizes),
  mutant(
    'a promised size is not looked at',
    "if (Number(response.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);",
    '',
    ...sizes,
  ),
  mutant('a slow download goes on', 'if (elapsedMs > graceMs && ', 'if (false && ', ...sizes),
  mutant('a download has no deadline', 'totalMs: 120_000', 'totalMs: 120_000_000', ...sizes),
  mutant('headers are waited for without end', 'const headersMs = 15_000', 'const headersMs = 15_000_000', ...sizes),
  mutant(
    'a packed file is kept where it should be left alone',
    'return (await isPlain(head)) ? undefined : named;',
    'return named;',
    'test/media/result-encodings.test.ts',
  ),
  mutant(
    'any type is kept',
    "if (!isAccepted(type, kind)) return { kind: 'unusable',",
    "if (false) return { kind: 'unusable',",
    'test/media/judge-file.test.ts',
    'test/media/result-files.test.ts',
  ),
  mutant(
    'pictures have any number of pixels',
    'if (size.width * size.height > maxPixels) {',
    'if (false) {',
    'test/media/judge-file.test.ts',
    'test/media/result-files.test.ts',
  ),
  mutant(
    'a damaged header passes',
    "if (size === undefined) return { kind: 'not-whole', why: 'the header of the image is damaged' };",
    "if (size === undefined) return { kind: 'good', type };",
    'test/media/judge-file.test.ts',
    'test/media/result-files.test.ts',
  ),
  mutant(
    'half a file is kept',
    "if (notWhole !== undefined) return { kind: 'not-whole', why: notWhole };",
    '',
    'test/media/whole-file.test.ts',
  ),
  mutant(
    'half an MP3 of constant rate is whole',
    "if (at + frame.bytes > file.byteLength) return 'an MP3 frame breaks off';",
    'if (at + frame.bytes > file.byteLength) break;',
    'test/media/whole-audio.test.ts',
  ),
  mutant(
    'a FLAC that ends between two frames is whole',
    'return there >= samples ? undefined :',
    'return there >= 0 ? undefined :',
    'test/media/whole-audio.test.ts',
  ),
  mutant(
    'half a file is made again and not fetched again',
    "new RefusedResult('result-unavailable', why, kind === 'not-whole')",
    "new RefusedResult('result-unavailable', why)",
    'test/media/whole-file.test.ts',
  ),
  mutant(
    'a video is shown as it lay in the camera',
    'Math.round(hasMatrix ? a * wide + c * high : wide)',
    'Math.round(wide)',
    'test/media/whole-file.test.ts',
  ),
  mutant(
    'an unfinished file stays',
    'if (!this.#isKept) rmSync(this.#passingPath, { force: true });',
    '',
    'test/media',
  ),
  mutant(
    'unfinished files of a killed process stay',
    'if (isLeft) await rm(path, { force: true });',
    'void isLeft;',
    'test/media/unfinished-files.test.ts',
  ),
  mutant(
    'the name of a file comes from the job’s id as it is',
    ".replace(/[^A-Za-z0-9_-]/g, '_')",
    '',
    'test/media/stored-results.test.ts',
    'test/media/result-store.test.ts',
  ),
  mutant('metadata stays in files', 'if (plain !== undefined) file.replaceWith(plain.parts);', '', metadata),
  mutant(
    'all chunks of a PNG stay',
    'if (needed.has(name)) parts.push(file.subarray(at, end));',
    'parts.push(file.subarray(at, end));',
    metadata,
  ),
  mutant('all chunks of a WebP stay', 'if (webpNeeded.has(name)) parts.push', 'parts.push', metadata),
  mutant(
    'comments of a JPEG stay',
    'if (marker < app0 || marker > app15) return undefined;',
    'if (marker < app0 || marker > app15) return segment;',
    metadata,
  ),
  mutant(
    'EXIF of a JPEG stays',
    "if (marker === app1 && says('Exif\\0\\0')) return orientationOnly(segment);",
    'if (marker === app1) return segment;',
    metadata,
  ),
  mutant(
    'the thumbnail of a JPEG stays',
    'if (segment.byteLength <= jfifBytes) return segment;',
    'return segment;',
    metadata,
  ),
];
