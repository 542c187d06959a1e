import type { Socket } from 'node:net';
import * as fc from 'fast-check';
import type { buildConnector } from 'undici';
import { expect, test } from 'vitest';
import { checkUrl, guardedConnector } from '../../src/media/connector.ts';
import { classOfText, classOfV4, classOfV6 } from './address-classes.ts';
import { runs } from '../support/property-runs.ts';

const rules = { allowPrivateHosts: [] };

/** Numbers near the borders of the ranges that matter, and all others. */
const v4 = fc.oneof(
  fc.nat(0xffffffff),
  fc
    .tuple(
      fc.constantFrom(0, 10, 100, 127, 168, 169, 172, 192, 198, 203, 223, 224, 255),
      fc.constantFrom(0, 1, 16, 31, 32, 51, 63, 64, 88, 127, 128, 168, 254, 255),
      fc.nat(0xffff),
    )
    .map(([first, second, rest]) => (first * 256 + second) * 0x10000 + rest),
);
const v6 = fc
  .tuple(
    fc.constantFrom(
      '0',
      '1',
      '64',
      '64:ff9b',
      '100',
      '2000',
      '2001',
      '2001:db8',
      '2002',
      '2606:4700',
      '2a00',
      '3fff',
      '4000',
      'fc00',
      'fe80',
      'ff02',
    ),
    fc.array(fc.nat(0xffff), { minLength: 6, maxLength: 6 }),
    fc.boolean(),
  )
  .map(([first, rest, isShort]) => {
    const words = rest.map((word) => word.toString(16));
    const full = [...first.split(':'), ...words].slice(0, 8);
    return isShort ? `${first}::${words.slice(0, 2).join(':')}` : full.join(':');
  });
const embedded = fc
  .tuple(fc.constantFrom('::ffff:', '::', '64:ff9b::', '::ffff:0:', '64:ff9b:1::'), v4)
  .map(([prefix, number]) => `${prefix}${dotted(number)}`);

function dotted(number: number): string {
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
}

const spelt = fc
  .tuple(
    v4,
    fc.constantFrom(
      (n: number) => String(n),
      (n: number) => `0x${n.toString(16)}`,
      (n: number) => `0${n.toString(8)}`,
      (n: number) => `${n >>> 24}.${n & 0xffffff}`,
      (n: number) => `0x${(n >>> 24).toString(16)}.${(n >>> 16) & 255}.${n & 0xffff}`,
      (n: number) => dotted(n),
      (n: number) => `${dotted(n)}.`,
      (n: number) => dotted(n).replaceAll('.', '\u3002'),
      (n: number) => dotted(n).replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
      (n: number) => dotted(n).replaceAll('1', '%31'),
    ),
  )
  .map(([number, spell]) => spell(number));
const name = fc.constantFrom(
  'cdn.example.com',
  'localhost',
  'a.localhost',
  'metadata.google.internal',
  'CDN.example.com.',
  'b\u00fccher.example',
  'printer.local',
  'intranet',
  'x.lan',
);
const host = fc.oneof(
  spelt,
  v6.map((ip) => `[${ip}]`),
  embedded.map((ip) => `[${ip}]`),
  name,
);
const url = fc
  .record({
    scheme: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('https://', 'HTTPS://') },
      { weight: 1, arbitrary: fc.constantFrom('http://', 'ftp://', 'file://', 'https:', 'https:\\\\', '//') },
    ),
    user: fc.oneof(
      { weight: 12, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom('a@', 'cdn.example.com@', 'a:b@', '@') },
    ),
    host,
    port: fc.oneof(
      { weight: 8, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.constantFrom(':443', ':80', ':22', ':0', ':99999') },
    ),
    path: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('', '/', '/a.png', '/a?b=@127.0.0.1', '/#@10.0.0.1') },
      { weight: 1, arbitrary: fc.string() },
    ),
  })
  .map(({ scheme, user, host, port, path }) => `${scheme}${user}${host}${port}${path}`);

const resolved = fc.array(fc.oneof(v4.map(dotted), v6), { maxLength: 12 });

/** Connects as the download would; answers what was dialled. */
async function dialledFor(text: string, addresses: readonly string[]): Promise<readonly string[]> {
  const checked = checkUrl(text, rules);
  if (!checked.ok) return [];
  const dialled: string[] = [];
  const dial: buildConnector.connector = ({ hostname }, callback) => {
    dialled.push(hostname);
    callback(null, { remoteAddress: hostname, destroy: () => {} } as unknown as Socket);
  };
  const connect = guardedConnector({ ...rules, dial, resolve: async () => addresses });
  const { hostname, port, protocol } = checked.url;
  await new Promise<void>((done) => connect({ hostname, port, protocol, host: hostname }, () => done()));
  return dialled;
}

test('of 10,000 addresses in all spellings none that is not public is ever dialled (S14)', async () => {
  const seen = { dialled: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(url, resolved, async (text, addresses) => {
      const dialled = await dialledFor(text, addresses);
      for (const address of dialled) expect(classOfText(address)).not.toBe('not-public');
      const isNamed = dialled.length > 0 && new URL(text).hostname !== dialled[0]?.replace(/^.*:.*$/, '[$&]');
      if (isNamed) for (const address of addresses.slice(0, 10)) expect(classOfText(address)).not.toBe('not-public');
      seen[dialled.length > 0 ? 'dialled' : 'refused'] += 1;
    }),
    { numRuns: runs(10_000) },
  );
  expect(Math.min(seen.dialled, seen.refused)).toBeGreaterThan(runs(500));
});

test('an address that is public is not refused, in whatever spelling a parser understands (S14)', () => {
  let seen = 0;
  fc.assert(
    fc.property(spelt, (spelling) => {
      const text = `https://${spelling}/a.png`;
      const address = new URL(text).hostname.replace(/\.$/, '');
      const ofClass = classOfText(address);
      if (ofClass !== 'either') expect(checkUrl(text, rules).ok).toBe(ofClass === 'public');
      seen += ofClass === 'public' ? 1 : 0;
    }),
    { numRuns: runs(3_000) },
  );
  expect(seen).toBeGreaterThan(runs(300));
});

test.each([
  ['8.8.8.8', 'public'],
  ['10.0.0.1', 'not-public'],
  ['172.31.0.1', 'not-public'],
  ['172.32.0.1', 'public'],
  ['192.88.99.1', 'either'],
  ['2606:4700::1', 'public'],
  ['2001:db8::1', 'not-public'],
  ['::1', 'not-public'],
  ['2001:4:112::1', 'either'],
  ['fe80::1', 'not-public'],
] as const)('the independent list calls %s %s (S14)', (address, expected) => {
  expect(classOfText(address)).toBe(expected);
  expect([classOfV4(0x7f000001), classOfV6(1n)]).toEqual(['not-public', 'not-public']);
});
