import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  basicLogin,
  describeProxies,
  parseExceptions,
  parseProxy,
  proxyFor,
  proxySecrets,
  type ProxySettings,
} from '../../../src/kit/network/proxy-settings.ts';

const settings = (except = ''): ProxySettings => ({
  https: parseProxy('http://secure.example:3128'),
  http: parseProxy('http://plain.example:3128'),
  except: parseExceptions(except),
});

test.each([
  ['http://proxy.example:3128', 'http:', 'proxy.example', 3128],
  ['proxy.example:3128', 'http:', 'proxy.example', 3128],
  ['127.0.0.1:8080', 'http:', '127.0.0.1', 8080],
  ['http://[::1]:8080/', 'http:', '::1', 8080],
  ['http://proxy.example', 'http:', 'proxy.example', 80],
  ['https://proxy.example', 'https:', 'proxy.example', 443],
  ['socks5://127.0.0.1:1080', 'socks5:', '127.0.0.1', 1080],
  ['socks5h://proxy.example', 'socks5:', 'proxy.example', 1080],
])('parseProxy("%s")', (text, protocol, hostname, port) => {
  expect(parseProxy(text)).toEqual({ protocol, hostname, port, user: undefined, password: undefined });
});

test.each(['socks4://proxy.example:1080', 'ftp://proxy.example', 'http://', 'http://a b', 'http://proxy/path', '%%%'])(
  'parseProxy("%s") is no proxy that can be used',
  (text) => {
    expect(parseProxy(text)).toBeUndefined();
  },
);

test('parseProxy() keeps the user and the password for the proxy alone', () => {
  const proxy = parseProxy('http://ann:p%40ss-word@proxy.example:3128');

  expect(proxy && basicLogin(proxy)).toBe(`Basic ${Buffer.from('ann:p@ss-word').toString('base64')}`);
  const secrets = proxySecrets({ https: proxy, http: undefined, except: [] });
  expect(secrets.map((secret) => secret.reveal())).toEqual(['p@ss-word', 'p%40ss-word']);
  expect(`${inspect(proxy, { depth: 9 })}${JSON.stringify(proxy)}`).not.toMatch(/ann|ss-word/);
});

test.each([
  ['', 'https:', 'api.telegram.org', '', 'secure.example'],
  ['', 'http:', 'bot-api', '8081', 'plain.example'],
  ['*', 'https:', 'api.telegram.org', '', undefined],
  ['telegram.org', 'https:', 'api.telegram.org', '', undefined],
  ['.telegram.org', 'https:', 'api.telegram.org', '', undefined],
  ['*.telegram.org', 'https:', 'API.Telegram.org.', '', undefined],
  ['telegram.org', 'https:', 'nottelegram.org', '', 'secure.example'],
  ['telegram.org:8443', 'https:', 'telegram.org', '', 'secure.example'],
  ['telegram.org:443', 'https:', 'telegram.org', '', undefined],
  ['localhost, 127.0.0.1 ,::1', 'http:', '127.0.0.1', '80', undefined],
  ['localhost,127.0.0.1,::1', 'http:', '[::1]', '80', undefined],
  ['[::1]:80', 'http:', '::1', '80', undefined],
  ['10.0.0.0/8', 'http:', '10.2.3.4', '9000', undefined],
  ['10.0.0.0/8', 'http:', '11.2.3.4', '9000', 'plain.example'],
  ['fd00::/8', 'http:', 'fd12::1', '9000', undefined],
  ['10.0.0.0/8', 'http:', 'fd12::1', '9000', 'plain.example'],
  ['0.0.1', 'http:', '127.0.0.1', '9000', 'plain.example'],
])('proxyFor() with NO_PROXY "%s" and %s//%s:%s', (except, protocol, hostname, port, expected) => {
  expect(proxyFor(settings(except), { protocol, hostname, port })?.hostname).toBe(expected);
});

test('describeProxies() names addresses and exceptions, and neither user nor password', () => {
  const one = parseProxy('http://ann:secret@proxy.example:3128');
  expect([
    describeProxies({ https: undefined, http: undefined, except: [] }),
    describeProxies({ https: one, http: one, except: parseExceptions('localhost,10.0.0.0/8,a.example:8080') }),
    describeProxies({ https: parseProxy('https://[::1]:3128'), http: undefined, except: [] }),
  ]).toEqual([
    'no proxy: every connection is direct',
    'proxy http://proxy.example:3128 (with a password) for every connection; direct for localhost, 10.0.0.0/8, a.example:8080',
    'proxy https://[::1]:3128 for https, none for http',
  ]);
});
