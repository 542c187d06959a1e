import { expect, test } from 'vitest';
import { KnownAddresses } from '../../../src/providers/http/http-exchange.ts';

test('KnownAddresses.find() takes an address apart, and the same one only once', () => {
  const addresses = new KnownAddresses();
  const address = addresses.find('https://api.example:8443/models/v2/fox?size=big#end');
  expect(address).toEqual({ origin: 'https://api.example:8443', path: '/models/v2/fox?size=big' });
  expect(addresses.find('https://api.example:8443/models/v2/fox?size=big#end')).toBe(address);
});

test('KnownAddresses.find() throws on what is no address, each time', () => {
  const addresses = new KnownAddresses();
  expect(() => addresses.find('not an address')).toThrow('Invalid URL');
  expect(() => addresses.find('not an address')).toThrow('Invalid URL');
});

test('KnownAddresses.find() knows no more than the last thousand', () => {
  const addresses = new KnownAddresses();
  const first = addresses.find('https://api.example/0');
  for (let number = 1; number <= 1_000; number += 1) addresses.find(`https://api.example/${number}`);
  expect(addresses.find('https://api.example/0')).not.toBe(first);
});
