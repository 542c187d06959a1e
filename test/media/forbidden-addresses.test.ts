import { expect, test } from 'vitest';
import { forbidden, forbiddenNetwork, keep, refused } from './result-stage.ts';

const long = 'a'.repeat(64);

const rows: Readonly<Record<string, readonly string[]>> = {
  S1: ['://127.0.0.1/', '://127.0.0.1:443/', '://127.255.255.254/'],
  S2: ['://localhost:6379/', '://localhost/', '://LOCALHOST/', '://app.localhost/'],
  S3: ['://localhost./', '://app.localhost./'],
  S4: ['://[::1]/', '://[0:0:0:0:0:0:0:1]/'],
  S5: ['://0.0.0.0/', '://0/', '://[::]/', '://0.1.2.3/'],
  S6: ['://169.254.169.254/latest/meta-data/', '://169.254.169.254.:443/', '://[fe80::a9fe:a9fe]/'],
  S7: [
    '://metadata.google.internal/',
    '://metadata/',
    '://100.100.100.200/',
    '://[fd00:ec2::254]/',
    '://168.63.129.16/',
  ],
  S8: ['://2130706433/', '://2852039166/'],
  S9: ['://0x7f.1/', '://0x7f000001/', '://0xA9FEA9FE/'],
  S10: ['://017700000001/', '://0177.0.0.1/'],
  S11: ['://127.1/', '://10.1/', '://127.0.1/'],
  S12: ['://①②⑦.⓪.⓪.①/', '://127。0。0。1/', '://１２７.0.0.1/', '://ⓛocalhost/', '://127.0.0.1。/'],
  S13: [
    '://[::ffff:127.0.0.1]/',
    '://[::ffff:7f00:1]/',
    '://[64:ff9b::7f00:1]/',
    '://[64:ff9b:1::7f00:1]/',
    '://[2002:7f00:1::]/',
    '://[::127.0.0.1]/',
    '://[::ffff:0:127.0.0.1]/',
    '://[::ffff:8.8.8.8]/',
  ],
  S14: [
    '://10.0.0.1/',
    '://172.16.0.1/',
    '://172.31.255.254/',
    '://192.168.1.1/',
    '://100.64.0.1/',
    '://198.18.0.1/',
    '://192.0.0.170/',
    '://224.0.0.1/',
    '://240.0.0.1/',
    '://255.255.255.255/',
    '://[fc00::1]/',
    '://[fdff::1]/',
    '://[fe80::1]/',
    '://[ff02::1]/',
    '://[2001::1]/',
    '://[2001:db8::1]/',
  ],
  S24: ['://user:pw@cdn.example.com/', '://@cdn.example.com/', '://good.example@169.254.169.254/', '://a:b@[::1]/'],
  S26: [
    '://cdn.example.com:22/',
    '://cdn.example.com:25/',
    '://cdn.example.com:6379/',
    '://cdn.example.com:5432/',
    '://cdn.example.com:11211/',
    '://cdn.example.com:65536/',
    '://cdn.example.com:0/',
    '://cdn.example.com:-1/',
  ],
  S31: ['://[::%eth0]/', '://[fe80::1%25eth0]/', '://unix:/var/run/docker.sock', '://%2Fvar%2Frun%2Fdocker.sock/'],
  S33: [
    `://${'a.'.repeat(150)}com/`,
    `://${long}.example.com/`,
    '://cdn.example.com../',
    '://.example.com/',
    '://a..b.com/',
  ],
};
const everywhere = Object.entries(rows).flatMap(([row, rests]) => rests.map((rest) => ({ row, rest })));

test.each(everywhere)('a result at http$rest and https is never looked up or asked for ($row)', async ({ rest }) => {
  for (const scheme of ['http', 'https', 'HTTPS']) {
    const network = forbiddenNetwork();
    expect(await keep(`${scheme}${rest}`, network)).toEqual(forbidden);
    expect([network.asked, network.dialled]).toEqual([[], []]);
  }
});

const whole: readonly (readonly [string, readonly string[]])[] = [
  [
    'S22',
    [
      'file:///etc/passwd',
      'blob:https://cdn.example.com/x',
      'javascript:alert(1)',
      'ws://cdn.example.com/',
      'wss://cdn.example.com/',
      'ftp://cdn.example.com/a.png',
      'gopher://cdn.example.com:70/_x',
      'data:image/png;base64,AAAA',
      'unix:///var/run/docker.sock',
      '\\\\host\\share',
      '//cdn.example.com/x',
      '/x',
      'cdn.example.com/x',
      'https:cdn.example.com/x',
      'https:/cdn.example.com/x',
      'https:///cdn.example.com/x',
      'http://cdn.example.com/x',
      '',
    ],
  ],
  [
    'S23',
    [
      'https:\\\\127.0.0.1\\x',
      'https:/\\127.0.0.1/x',
      'https://cdn.example.com\\x',
      'https://cdn.example.com/a\tb',
      'https://cdn.example.com/a\nb',
      'https://cdn.exam\nple.com/',
      'https://cdn.example.com/a b',
      ' https://cdn.example.com/',
      'https://cdn.example.com/\u0000',
      'https://cdn.example.com/\u0085',
      'https://cdn.example.com/\u00a0',
      'java\nscript:alert(1)',
    ],
  ],
  ['S25', ['https://evil.test\\@good.example/', 'https://good.example\\.evil.test/']],
];

test.each(whole.flatMap(([row, urls]) => urls.map((url) => ({ row, url }))))(
  'a result at "$url" is never looked up or asked for ($row)',
  async ({ url }) => {
    const network = forbiddenNetwork();
    expect(await keep(url, network)).toEqual(forbidden);
    expect([network.asked, network.dialled]).toEqual([[], []]);
  },
);

test.each([
  ['good.example:443', 'https://good.example.evil.test/', 'S25'],
  ['good.example:443', 'https://evilgood.example/', 'S25'],
  ['good.example:443', 'https://evil.test/#good.example:443', 'S25'],
  ['good.example:443', 'https://evil.test/good.example:443', 'S25'],
  ['good.example:443', 'https://sub.good.example/', 'S25'],
  ['good.example:443', 'https://g\u043e\u043ed.example/', 'S32'],
  ['good.example:443', 'https://xn--gd-jbba.example/', 'S32'],
  ['xn--bcher-kva.example:443', 'https://bu\u0308cher.example.evil.test/', 'S32'],
])('naming %s opens no way inside for %s (%s)', async (allowed, url) => {
  const network = forbiddenNetwork(['10.0.0.1']);
  expect(await keep(url, { ...network, allowPrivateHosts: [allowed] })).toEqual(forbidden);
  expect(network.dialled).toEqual([]);
});

test.each([
  ['good.example:443', 'https://GOOD.example/', 'S25'],
  ['good.example:9000', 'https://good.example:9000/', 'S26'],
  ['good.example:80', 'http://good.example/', 'S22'],
  ['xn--bcher-kva.example:443', 'https://b\u00fccher.example/', 'S32'],
])('naming %s opens the way for exactly %s (%s)', async (allowed, url) => {
  const network = forbiddenNetwork(['10.0.0.1']);
  expect(await keep(url, { ...network, allowPrivateHosts: [allowed] })).toEqual(refused('result-unavailable', true));
  expect(network.dialled).toEqual(['10.0.0.1']);
});
