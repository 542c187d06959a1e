import { expect, test } from 'vitest';
import { adminId, fromBot, openTestApp, testKey, wordsOf } from '../support/test-app.ts';
import { filesIn, secretsFound } from '../support/secret-hunt.ts';
import { answerTo, callsOf, pictures, troubles } from './talk.ts';

const masterKey = 'master-key-of-the-tests-0123456789';
/** Of a shape that no pattern knows: only its place in the message says that it is a key. */
const added = testKey(2);

test('an admin adds a key in the chat: it is deleted at once, tested, used, kept encrypted, and found nowhere (K16)', async () => {
  await using app = await openTestApp({
    accounts: [[{ do: { kind: 'unauthorized' } }], []],
    env: { BYTEZ_API_KEYS: testKey(1), MASTER_KEY: masterKey },
  });
  const [admin, person] = [app.person(adminId), app.person(7)];
  const answer = await answerTo(admin, `/keys add bytez ${added}`);
  expect(wordsOf(answer)).toContain('The key works.');
  expect(wordsOf(answer)).toContain('Your message with the key is deleted.');
  expect(admin.messages().filter(({ from }) => from === 'person')).toEqual([]);
  person.say('/generate a fox');
  await pictures(person);
  expect(wordsOf(await answerTo(admin, `/Keys@darkroom_sandbox_bot ADD bytez ${added}`))).toContain('already');
  await app.restart();
  expect(wordsOf(await answerTo(admin, '/keys'))).toContain('bytez #2');
  // An answer to a message repeats its words; a restart finds nothing of them either.
  const calls = app.telegram.calls.filter(({ method }) => method !== 'getUpdates');
  const told = [
    ...filesIn(app.dataDir),
    ...calls.map((call) => ({ where: call.method, text: JSON.stringify(call) })),
    ...app.events.map((event) => ({ where: event.event, text: JSON.stringify(event) })),
  ];
  expect(secretsFound(told, [added])).toEqual([]);
  expect(await app.app.admin.audit({ count: 5 })).toContainEqual(
    expect.objectContaining({ by: 'telegram', action: 'add-key' }),
  );
  expect(troubles(app)).toEqual([]);
});

test('a key that cannot be kept, is refused, or is shown to others is deleted all the same (K16)', async () => {
  await using app = await openTestApp({ accounts: [[], []], env: { BYTEZ_API_KEYS: testKey(1) } });
  const admin = app.person(adminId);
  expect(wordsOf(await answerTo(admin, `/keys add bytez ${added}`))).toContain('MASTER_KEY');
  const group = app.telegram.group({ id: -100, title: 'Painters' });
  const answer = await answerTo(admin, `/keys add bytez ${added}`, { in: group });
  expect(wordsOf(answer)).toContain('Not here:');
  expect(wordsOf(answer)).toContain('Please delete your message');
  await app.restart({ MASTER_KEY: masterKey });
  expect(wordsOf(await answerTo(admin, '/keys add bytez not-the-key-of-anybody'))).toContain('does not take this key');
  expect(wordsOf(await answerTo(admin, `/keys add nobody ${added}`))).toContain('no provider');
  expect(wordsOf(await answerTo(admin, '/keys add bytez'))).toContain('write the provider and the key');
  const stranger = app.person(7);
  expect(wordsOf(await answerTo(stranger, `/keys add bytez ${added}`))).toContain('I deleted your message');
  expect(wordsOf(await answerTo(stranger, `/keys bytez ${added}`))).toContain('I deleted your message');
  expect(callsOf(app, 'deleteMessage')).toHaveLength(7);
  expect(secretsFound(filesIn(app.dataDir), [added, 'not-the-key-of-anybody'])).toEqual([]);
  expect(wordsOf(await answerTo(admin, '/keys'))).not.toContain('bytez #2');
});

test('an admin switches single keys off and on, tests them, and removes one that was added', async () => {
  await using app = await openTestApp({
    accounts: [[], [{ do: { kind: 'unauthorized' } }], []],
    env: { BYTEZ_API_KEYS: `${testKey(1)},${testKey(2)}`, MASTER_KEY: masterKey },
  });
  const admin = app.person(adminId);
  const says = async (words: string) => wordsOf(await answerTo(admin, words));
  expect(await says(`/keys add bytez ${testKey(3)}`)).toContain('The key works.');
  expect(await says('/keys disable bytez #1, #3')).toBe('Switched off: 2');
  expect(await says('/keys disable')).toContain('What you can do with keys');
  expect(await says('/keys')).toContain('2 switched off');
  expect(await says('/keys enable all')).toBe('Switched on again: 2');
  expect((await says('/keys test')).split('\n').slice(1)).toEqual([
    'bytez #1 ✅',
    expect.stringMatching(/^bytez #2 ⛔ /),
    'bytez #3 ✅',
  ]);
  expect(await says('/keys groups')).toContain('bytez #1 · 0/1 in use');
  expect(await says('/keys wake bytez')).toBe('Woke 1 key.');
  expect(await says('/keys remove #1')).toContain('BYTEZ_API_KEYS');
  expect(await says('/keys remove #9')).toContain('I know no key “#9”');
  expect(await says('/keys remove #3')).toContain('is forgotten');
  expect(await says('/keys')).not.toContain('#3');
  expect(fromBot(admin.messages(), ({ text }) => text.includes('of-the-tests'))).toEqual([]);
});
