import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../src/kit/secret.ts';
import { fingerprint, keyHint } from '../../src/keys/sources/identify-keys.ts';
import { answerTo, pictures } from './talk.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { adminId, openTestApp, testKey, testToken, wordsOf } from '../support/test-app.ts';

test('the list of keys shows an admin no key, and everybody else not even that there is one (K15)', async () => {
  await using app = await openTestApp({ accounts: [[], [], []] });
  const list = wordsOf(await answerTo(app.person(adminId), '/keys'));
  expect(list).toContain('#3');
  for (const place of [1, 2, 3]) {
    expect(list).not.toContain(testKey(place));
    expect(list).not.toContain(testKey(place).slice(5, -5));
  }
  expect(keyHint(new Secret(testKey(1)))).toBe('cana…ests');
  expect(keyHint(new Secret('fifteen-letters'))).toBe('…');
  const stranger = app.person(7);
  expect(wordsOf(await answerTo(stranger, '/keys'))).toBe(wordsOf(await answerTo(stranger, '/kyes')));
});

test('a copied data folder holds no key and no token, and its names of keys say nothing without the salt (K17)', async () => {
  await using app = await openTestApp({ accounts: [[], []] });
  const person = app.person(7);
  person.say('/generate a fox');
  await pictures(person);
  await app.restart();
  const secrets = [testKey(1), testKey(2), testToken, testToken.split(':')[1] ?? ''];
  const files = filesIn(app.dataDir);
  expect(files.length).toBeGreaterThanOrEqual(2);
  expect(secretsFound(files, secrets)).toEqual([]);
  const secret = new Secret(testKey(1));
  expect(fingerprint(secret, 'salt of one installation')).not.toBe(fingerprint(secret, 'salt of another'));
  expect(fingerprint(secret, 'salt of one installation')).toMatch(/^[0-9a-f]{16}$/);
});

test('nobody but the owner of the bot may read or list anything in the data folder (K17)', async () => {
  const place = mkdtempSync(join(tmpdir(), 'threats-'));
  chmodSync(place, 0o755);
  try {
    const dataDir = join(place, 'of', 'the bot');
    await using app = await openTestApp({ env: { DATA_DIR: dataDir } });
    const person = app.person(7);
    person.say('/generate a fox');
    await pictures(person);
    await answerTo(person, '/video');
    const inside = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).map((name) => join(dataDir, name));
    const open = [join(place, 'of'), dataDir, ...inside].filter((path) => (statSync(path).mode & 0o077) !== 0);
    expect(inside.length).toBeGreaterThanOrEqual(5);
    expect(open).toEqual([]);
  } finally {
    rmSync(place, { recursive: true });
  }
});
