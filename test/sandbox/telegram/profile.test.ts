import { expect, test } from 'vitest';
import { aTelegram, refusalOf } from './a-telegram.ts';

const menu = (...names: readonly string[]) => names.map((command) => ({ command, description: `does ${command}` }));

test('commandsFor() resolves scope and language as Telegram does in a private chat', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const names = (language: string) => sandbox.commandsFor(ada.id, ada.id, language).map(({ command }) => command);
  expect(names('pt-br')).toEqual([]);
  await api.setMyCommands(menu('general'));
  await api.setMyCommands(menu('geral'), { language_code: 'pt' });
  expect([names('pt-br'), names('de'), names('')]).toEqual([['geral'], ['general'], ['general']]);
  await api.setMyCommands(menu('private'), { scope: { type: 'all_private_chats' } });
  expect([names('pt-br'), names('de')]).toEqual([['private'], ['private']]);
  await api.setMyCommands(menu('privado'), { scope: { type: 'all_private_chats' }, language_code: 'pt' });
  expect([names('pt-br'), names('de')]).toEqual([['privado'], ['private']]);
  const own = { scope: { type: 'chat', chat_id: ada.id } } as const;
  await api.setMyCommands(menu('keys'), own);
  expect([names('pt-br'), names('de')]).toEqual([['keys'], ['keys']]);
  expect(await api.getMyCommands(own)).toEqual(menu('keys'));
  await api.deleteMyCommands(own);
  expect(names('de')).toEqual(['private']);
  await api.setMyCommands([], { scope: { type: 'all_private_chats' } });
  expect(names('de')).toEqual(['general']);
});

test('commandsFor() resolves members and admins of groups', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const group = sandbox.group({ id: -5, title: 'Friends' });
  const names = () => sandbox.commandsFor(group.id, ada.id, 'en').map(({ command }) => command);
  await api.setMyCommands(menu('private'), { scope: { type: 'all_private_chats' } });
  expect(names()).toEqual([]);
  await api.setMyCommands(menu('groups'), { scope: { type: 'all_group_chats' } });
  await api.setMyCommands(menu('admins'), { scope: { type: 'all_chat_administrators' } });
  expect(names()).toEqual(['groups']);
  group.makeAdmin(ada.id);
  expect(names()).toEqual(['admins']);
  await api.setMyCommands(menu('here'), { scope: { type: 'chat', chat_id: group.id } });
  expect(names()).toEqual(['here']);
  await api.setMyCommands(menu('bosses'), { scope: { type: 'chat_administrators', chat_id: group.id } });
  expect(names()).toEqual(['bosses']);
  await api.setMyCommands(menu('ada'), { scope: { type: 'chat_member', chat_id: group.id, user_id: ada.id } });
  expect(names()).toEqual(['ada']);
});

test('commands are refused for their names, their number, their language and an unknown chat', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api } = telegram;
  const refusal = (commands: ReturnType<typeof menu>, more = {}) => refusalOf(api.setMyCommands(commands, more));
  expect(await refusal(menu('Start'))).toBe('400 Bad Request: BOT_COMMAND_INVALID');
  expect(await refusal(menu('x'.repeat(33)))).toContain('command length must not exceed 32');
  expect(await refusal([{ command: 'a', description: ' ' }])).toContain('description must be non-empty');
  expect(await refusal(menu(...Array.from({ length: 101 }, (_, index) => `c${index}`)))).toContain('TOO_MUCH');
  expect(await refusal(menu('a'), { language_code: 'pt-br' })).toBe('400 Bad Request: invalid language code specified');
  const bob = sandbox.person({ id: 502, firstName: 'Bob' });
  const chat = { scope: { type: 'chat', chat_id: bob.id } };
  expect(await refusal(menu('a'), chat)).toBe('400 Bad Request: chat not found');
  expect(await refusal(menu('a'), { scope: { type: 'moon' } })).toContain('unsupported type');
});

test('name and descriptions are kept by language and limited', async () => {
  await using telegram = await aTelegram();
  const { api } = telegram;
  expect(await api.getMyName()).toEqual({ name: 'Darkroom' });
  await api.setMyName('Dunkelkammer', { language_code: 'de' });
  expect(await api.getMyName({ language_code: 'de' })).toEqual({ name: 'Dunkelkammer' });
  await api.setMyDescription('Makes pictures');
  await api.setMyShortDescription('Pictures');
  expect(await api.getMyDescription({ language_code: 'de' })).toEqual({ description: 'Makes pictures' });
  expect(await api.getMyShortDescription()).toEqual({ short_description: 'Pictures' });
  expect(await refusalOf(api.setMyName('x'.repeat(65)))).toContain('too long');
  expect(await refusalOf(api.setMyDescription('x'.repeat(513)))).toContain('too long');
  expect(await refusalOf(api.setMyShortDescription('x'.repeat(121)))).toContain('too long');
});

test('the menu button is the general one unless a chat has its own', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  expect(await api.getChatMenuButton({ chat_id: ada.id })).toEqual({ type: 'commands' });
  await api.setChatMenuButton({ menu_button: { type: 'default' } });
  await api.setChatMenuButton({ chat_id: ada.id, menu_button: { type: 'commands' } });
  expect(await api.getChatMenuButton()).toEqual({ type: 'default' });
  expect(await api.getChatMenuButton({ chat_id: ada.id })).toEqual({ type: 'commands' });
  expect(await refusalOf(api.setChatMenuButton({ menu_button: { type: 'x' } as never }))).toContain('unsupported type');
});

test('getMe() takes the id from the token', async () => {
  await using telegram = await aTelegram();
  expect(await telegram.api.getMe()).toMatchObject({ id: 7_000_000_001, is_bot: true, username: 'our_bot' });
  expect([await telegram.api.logOut(), await telegram.api.close()]).toEqual([true, true]);
});
