import { expect, test } from 'vitest';
import { devPackage } from '../../../sandbox/drawing/dev-package.ts';

test.each(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])(
  'devPackage() names the command that installs an absent package (%s)',
  async (code) => {
    const load = () => Promise.reject(Object.assign(new Error('nowhere'), { code }));
    await expect(devPackage('@resvg/resvg-js', 'draw pictures', load)).rejects.toThrow(
      'Cannot draw pictures: the package "@resvg/resvg-js" is missing; run npm install without --omit=dev',
    );
  },
);

test('devPackage() leaves other errors as they are', async () => {
  const load = () => {
    throw new Error('broken inside');
  };
  await expect(devPackage('x', 'draw pictures', load)).rejects.toThrow('broken inside');
});

test('devPackage() gives what was loaded', async () => {
  expect(await devPackage('x', 'draw pictures', () => 7)).toBe(7);
});
