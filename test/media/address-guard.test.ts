import { BlockList, isIPv4 } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkUrl, isForbiddenAddress } from '../../src/media/connector.ts';
import { runs } from '../support/property-runs.ts';

const none = { allowPrivateHosts: [] };

test.each([
  ['127.0.0.1', 'S1'],
  ['127.255.255.254', 'S1'],
  ['::1', 'S4'],
  ['0.0.0.0', 'S5'],
  ['0.1.2.3', 'S5'],
  ['::', 'S5'],
  ['169.254.169.254', 'S6'],
  ['100.100.100.200', 'S7'],
  ['fd00:ec2::254', 'S7'],
  ['168.63.129.16', 'S7'],
  ['::ffff:127.0.0.1', 'S13'],
  ['::ffff:7f00:1', 'S13'],
  ['::ffff:8.8.8.8', 'S13'],
  ['::ffff:0:127.0.0.1', 'S13'],
  ['64:ff9b::7f00:1', 'S13'],
  ['64:ff9b::a00:1', 'S13'],
  ['64:ff9b::a9fe:a9fe', 'S13'],
  ['64:ff9b::a83f:8110', 'S13'],
  ['64:ff9b::6440:1', 'S13'],
  ['64:ff9b:1::7f00:1', 'S13'],
  ['64:ff9b:1::808:808', 'S13'],
  ['2002:7f00:1::', 'S13'],
  ['::127.0.0.1', 'S13'],
  ['::7f00:1', 'S13'],
  ['10.0.0.1', 'S14'],
  ['172.16.0.1', 'S14'],
  ['172.31.255.255', 'S14'],
  ['192.168.1.1', 'S14'],
  ['100.64.0.1', 'S14'],
  ['198.18.0.1', 'S14'],
  ['198.19.255.255', 'S14'],
  ['192.0.0.8', 'S14'],
  ['192.0.2.1', 'S14'],
  ['198.51.100.1', 'S14'],
  ['203.0.113.1', 'S14'],
  ['224.0.0.1', 'S14'],
  ['239.255.255.255', 'S14'],
  ['240.0.0.1', 'S14'],
  ['255.255.255.255', 'S14'],
  ['fc00::1', 'S14'],
  ['fdff::1', 'S14'],
  ['fe80::1', 'S14'],
  ['fec0::1', 'S14'],
  ['ff02::1', 'S14'],
  ['2001::1', 'S14'],
  ['2001:db8::1', 'S14'],
  ['100::1', 'S14'],
  ['5f00::1', 'S14'],
  ['fe80::1%eth0', 'S31'],
  ['2606:4700::1%eth0', 'S31'],
  ['', ''],
  ['', 'localhost'],
  ['', '8.8.8'],
  ['', '0x08080808'],
])('isForbiddenAddress("%s") (%s)', (ip) => {
  expect(isForbiddenAddress(ip)).toBe(true);
});

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.1',
  '100.63.255.255',
  '223.255.255.255',
  '2606:4700::1',
  '2a00:1450::1',
  '64:ff9b::808:808',
  '64:ff9b::8.8.8.8',
])('isForbiddenAddress("%s") is false', (ip) => {
  expect(isForbiddenAddress(ip)).toBe(false);
});

test('isForbiddenAddress() forbids whatever an independent list of private ranges holds', () => {
  const ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [net, bits] of [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 3],
  ] as const) {
    ranges.ipv4.addSubnet(net, bits, 'ipv4');
  }
  for (const [net, bits] of [
    ['::', 3],
    ['2001::', 32],
    ['2002::', 16],
    ['4000::', 2],
    ['8000::', 1],
  ] as const) {
    ranges.ipv6.addSubnet(net, bits, 'ipv6');
  }
  const anyAddress = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc
      .tuple(fc.constantFrom('10', '100', '127', '169', '172', '192', '198'), fc.ipV4())
      .map(([first, ip]) => ip.replace(/^\d+/, first)),
  );
  fc.assert(
    fc.property(anyAddress, (ip) => {
      const family = isIPv4(ip) ? 'ipv4' : 'ipv6';
      // Addresses of a translator have a table of their own.
      if (/^(?:0*64:ff9b:)/i.test(ip)) return;
      const isPrivate = ranges[family].check(ip, family);
      expect(isPrivate && !isForbiddenAddress(ip)).toBe(false);
    }),
    { numRuns: runs(10_000) },
  );
});

test.each([
  ['https://127.0.0.1/', 'S1'],
  ['https://localhost:6379/', 'S2'],
  ['https://localhost/', 'S2'],
  ['https://localhost./', 'S3'],
  ['https://app.localhost/', 'S3'],
  ['https://[::1]/', 'S4'],
  ['https://0.0.0.0/', 'S5'],
  ['https://0/', 'S5'],
  ['https://169.254.169.254/latest/meta-data/', 'S6'],
  ['https://metadata.google.internal/', 'S7'],
  ['https://metadata/', 'S7'],
  ['https://100.100.100.200/', 'S7'],
  ['https://[fd00:ec2::254]/', 'S7'],
  ['https://2130706433/', 'S8'],
  ['https://0x7f.1/', 'S9'],
  ['https://017700000001/', 'S10'],
  ['https://127.1/', 'S11'],
  ['https://①②⑦.⓪.⓪.①/', 'S12'],
  ['https://127。0。0。1/', 'S12'],
  ['https://[::ffff:127.0.0.1]/', 'S13'],
  ['https://[::ffff:7f00:1]/', 'S13'],
  ['https://[64:ff9b::7f00:1]/', 'S13'],
  ['https://[2002:7f00:1::]/', 'S13'],
  ['https://[::127.0.0.1]/', 'S13'],
  ['https://10.1.2.3/', 'S14'],
  ['file:///etc/passwd', 'S22'],
  ['blob:https://cdn.example.com/x', 'S22'],
  ['javascript:alert(1)', 'S22'],
  ['ws://cdn.example.com/', 'S22'],
  ['ftp://cdn.example.com/', 'S22'],
  ['data:image/png;base64,AAAA', 'S22'],
  ['\\\\host\\share', 'S22'],
  ['//cdn.example.com/x', 'S22'],
  ['/x', 'S22'],
  ['http:cdn.example.com/x', 'S22'],
  ['http:///cdn.example.com/x', 'S22'],
  ['http://cdn.example.com/x', 'S22'],
  ['http:\\\\127.0.0.1\\x', 'S23'],
  ['https://cdn.example.com/a\tb', 'S23'],
  ['https://cdn.example.com/a\nb', 'S23'],
  ['https://cdn.example.com/a b', 'S23'],
  [' https://cdn.example.com/', 'S23'],
  ['https://cdn.example.com/\u0000', 'S23'],
  ['https://user:pw@cdn.example.com/', 'S24'],
  ['https://@cdn.example.com/', 'S24'],
  ['https://good.example@169.254.169.254/', 'S24'],
  ['https://evil.test\\@good.example/', 'S25'],
  ['https://cdn.example.com:22/', 'S26'],
  ['https://cdn.example.com:25/', 'S26'],
  ['https://cdn.example.com:80/', 'S26'],
  ['https://cdn.example.com:6379/', 'S26'],
  ['https://cdn.example.com:65536/', 'S26'],
  ['https://cdn.example.com:0/', 'S26'],
  ['https://[::%eth0]/', 'S31'],
  ['https://[fe80::1%25eth0]/', 'S31'],
  ['https://unix:/var/run/docker.sock', 'S31'],
  [`https://${'a.'.repeat(150)}example.com/`, 'S33'],
  [`https://${'a'.repeat(64)}.example.com/`, 'S33'],
  ['https://cdn.example.com../', 'S33'],
  [`https://cdn.example.com/${'a'.repeat(8192)}`, 'C3'],
  ['', ''],
])('checkUrl(%j) refuses (%s)', (text) => {
  expect(checkUrl(text, none)).toEqual({ ok: false, why: expect.any(String) as unknown });
});

test.each([
  'https://cdn.bytez.com/model/output/a/b/V1StGXR8_Z5jdHi6B-myT.png',
  'https://cdn.example.com:443/',
  'HTTPS://CDN.example.com/a@b?c=@#d',
  'https://cdn.example.com./x',
  'https://bücher.example/x',
  'https://8.8.8.8/x',
  'https://[2606:4700::1]/x',
])('checkUrl("%s") answers the parsed address', (text) => {
  expect(checkUrl(text, none)).toEqual({ ok: true, url: new URL(text) });
});

test('checkUrl() lets exactly the named host and port through', () => {
  const rules = { allowPrivateHosts: ['127.0.0.1:8080', 'MinIO:9000', '[::1]:8080', 'localhost:80'] };
  const verdict = (text: string) => checkUrl(text, rules).ok;

  expect(
    [
      'http://127.0.0.1:8080/a',
      'http://minio:9000/a',
      'http://[::1]:8080/',
      'http://localhost/',
      'http://127.1:8080/',
    ].map(verdict),
  ).toEqual([true, true, true, true, true]);
  expect(
    [
      'http://127.0.0.1:8081/a',
      'http://127.0.0.1/a',
      'http://127.0.0.2:8080/a',
      'http://minio.evil.test:9000/',
      'http://evil-minio:9000/',
      'https://localhost/',
      'http://user@127.0.0.1:8080/a',
    ].map(verdict),
  ).toEqual([false, false, false, false, false, false, false]);
});

test('checkUrl() never lets a host through that a parser turns into a forbidden address', () => {
  const number = fc.nat(0xffffffff);
  const spelling = fc.constantFrom(
    (n: number) => String(n),
    (n: number) => `0x${n.toString(16)}`,
    (n: number) => `0${n.toString(8)}`,
    (n: number) => `${n >>> 24}.${n & 0xffffff}`,
    (n: number) => [n >>> 24, (n >>> 16) & 255, n & 0xffff].join('.'),
    (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join('.'),
  );
  fc.assert(
    fc.property(number, spelling, (n, spell) => {
      const text = `https://${spell(n)}/`;
      expect(checkUrl(text, none).ok).toBe(!isForbiddenAddress(new URL(text).hostname));
    }),
    { numRuns: runs(5000) },
  );
});
