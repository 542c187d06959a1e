import { InputFile, InputMediaBuilder } from 'grammy';
import { expect, test } from 'vitest';
import { limits } from '../../../sandbox/telegram/limits.ts';
import { anMp4, aPng, aTelegram, ask, refusalOf, token } from './a-telegram.ts';

test('a photo is sent from a buffer, seen with its bytes, and downloaded again', async () => {
  await using telegram = await aTelegram();
  const { sandbox, api, ada } = telegram;
  const png = aPng(640, 480);
  const caption = { caption: '<b>a fox</b>', parse_mode: 'HTML' } as const;
  const sent = await api.sendPhoto(ada.id, new InputFile(png, 'fox.png'), caption);
  expect(sent.photo.map(({ width, height }) => [width, height])).toEqual([
    [320, 240],
    [640, 480],
  ]);
  expect(sent.caption_entities).toEqual([{ type: 'bold', offset: 0, length: 5 }]);
  const seen = ada.messages().at(-1);
  expect(seen).toMatchObject({ text: '', caption: 'a fox', html: '<b>a fox</b>', from: 'bot' });
  const fileId = sent.photo.at(-1)?.file_id ?? '';
  expect(seen?.photo).toEqual({
    fileId,
    name: 'fox.png',
    mime: 'image/png',
    bytes: new Uint8Array(png),
    width: 640,
    height: 480,
    durationS: 0,
  });
  expect(sandbox.fileBytes(fileId)).toEqual({ bytes: new Uint8Array(png), name: 'fox.png' });
  const { file_path: path = '', file_size: size } = await api.getFile(fileId);
  expect(size).toBe(png.length);
  const download = await fetch(`${sandbox.url}/file/bot${token}/${path}`);
  expect(Buffer.from(await download.arrayBuffer()).equals(png)).toBe(true);
  const [upload] = Object.values(sandbox.calls[0]?.params ?? {}).slice(-1);
  expect(upload).toEqual({ name: 'fox.png', bytes: png.length });
});

test('a text message becomes a photo by editMessageMedia, but never a text again', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const { message_id: id } = await api.sendMessage(ada.id, 'making');
  const media = InputMediaBuilder.photo(new InputFile(aPng(8, 8), 'a.png'), { caption: 'done' });
  await api.editMessageMedia(ada.id, id, media);
  expect(ada.messages().at(-1)).toMatchObject({ id, edited: true, text: '', caption: 'done' });
  expect(ada.messages().at(-1)?.photo).toMatchObject({ name: 'a.png', width: 8, height: 8 });
  expect(await refusalOf(api.editMessageText(ada.id, id, 'text'))).toBe(
    '400 Bad Request: there is no text in the message to edit',
  );
  await api.editMessageCaption(ada.id, id, { caption: 'other' });
  expect(ada.messages().at(-1)?.caption).toBe('other');
  const fileId = ada.messages().at(-1)?.photo?.fileId ?? '';
  const same = InputMediaBuilder.photo(fileId, { caption: 'other' });
  expect(await refusalOf(api.editMessageMedia(ada.id, id, same))).toContain('message is not modified');
  const video = InputMediaBuilder.video(new InputFile(anMp4(), 'a.mp4'), { width: 16, height: 9 });
  await api.editMessageMedia(ada.id, id, video);
  expect(ada.messages().at(-1)).toMatchObject({ caption: '', video: { width: 16, height: 9, mime: 'video/mp4' } });
});

test('editMessageCaption is refused where there is no file', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const { message_id: id } = await api.sendMessage(ada.id, 'x');
  expect(await refusalOf(api.editMessageCaption(ada.id, id, { caption: 'y' }))).toBe(
    '400 Bad Request: there is no caption in the message to edit',
  );
});

test('photos are refused for their bytes, their sides and their captions', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const refusal = (bytes: Buffer, caption = '') =>
    refusalOf(api.sendPhoto(ada.id, new InputFile(bytes, 'x.png'), { caption }));
  expect(await refusal(Buffer.from('<html>not found</html>'))).toBe('400 Bad Request: IMAGE_PROCESS_FAILED');
  expect(await refusal(Buffer.alloc(0))).toBe('400 Bad Request: file must be non-empty');
  expect(await refusal(aPng(210, 10))).toBe('400 Bad Request: PHOTO_INVALID_DIMENSIONS');
  expect(await refusal(aPng(200, 10))).toBe('not refused');
  expect(await refusal(aPng(8001, 2000))).toBe('400 Bad Request: PHOTO_INVALID_DIMENSIONS');
  const big = Buffer.concat([aPng(8, 8), Buffer.alloc(limits.photoBytes)]);
  expect(await refusal(big)).toContain('is too big for a photo');
  expect(await refusal(aPng(8, 8), 'x'.repeat(1025))).toBe('400 Bad Request: message caption is too long');
});

test('what is too big for a photo goes as a document, up to 50 MB', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const big = Buffer.concat([aPng(8, 8), Buffer.alloc(limits.photoBytes)]);
  const sent = await api.sendDocument(ada.id, new InputFile(big, 'big.png'));
  expect(sent.document).toMatchObject({ file_name: 'big.png', mime_type: 'image/png', file_size: big.length });
  const huge = new InputFile(Buffer.alloc(limits.uploadBytes + 1), 'huge.bin');
  expect(await refusalOf(api.sendDocument(ada.id, huge))).toBe('413 Request Entity Too Large');
  const vast = new InputFile(Buffer.alloc(limits.uploadBytes + 2 ** 21), 'vast.bin');
  expect(await refusalOf(api.sendDocument(ada.id, vast))).toBe('413 Request Entity Too Large');
  const large = await api.sendDocument(ada.id, new InputFile(Buffer.alloc(limits.downloadBytes + 1), 'large.bin'));
  expect(await refusalOf(api.getFile(large.document.file_id))).toBe('400 Bad Request: file is too big');
});

test('files are sent again by their id, and only as their own kind', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const { photo } = await api.sendPhoto(ada.id, new InputFile(aPng(8, 8), 'a.png'));
  const fileId = photo.at(-1)?.file_id ?? '';
  const again = await api.sendPhoto(ada.id, fileId);
  expect(again.photo).toEqual(photo);
  expect(await refusalOf(api.sendVideo(ada.id, fileId))).toBe("400 Bad Request: can't use file of type Photo as Video");
  expect(await refusalOf(api.sendPhoto(ada.id, 'nonsense'))).toBe(
    '400 Bad Request: wrong file identifier/HTTP URL specified',
  );
  expect(await refusalOf(api.sendPhoto(ada.id, 'https://example.org/a.png'))).toBe(
    '400 Bad Request: failed to get HTTP URL content',
  );
  expect(await refusalOf(api.raw.sendPhoto({ chat_id: ada.id, photo: '' }))).toBe(
    '400 Bad Request: there is no photo in the request',
  );
});

test('a video is MPEG-4, anything else sent as one arrives as a document', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const facts = { width: 640, height: 360, duration: 4 };
  const { video } = await api.sendVideo(ada.id, new InputFile(anMp4(), 'a.mp4'), facts);
  expect(video).toMatchObject({ ...facts, mime_type: 'video/mp4' });
  await api.sendVideo(ada.id, new InputFile(Buffer.from('RIFF'), 'a.avi'));
  expect(ada.messages().at(-1)).toMatchObject({ document: { name: 'a.avi' } });
});

test('animations, audios and voice notes arrive as such', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  await api.sendAnimation(ada.id, new InputFile(anMp4(), 'a.mp4'));
  await api.sendAudio(ada.id, new InputFile(Buffer.from('ID3'), 'a.mp3'), { duration: 3 });
  await api.sendVoice(ada.id, new InputFile(Buffer.from('OggS'), 'a.ogg'));
  expect(ada.messages().map(({ animation, audio, voice }) => [animation?.name, audio?.name, voice?.name])).toEqual([
    [undefined, undefined, undefined],
    ['a.mp4', undefined, undefined],
    [undefined, 'a.mp3', undefined],
    [undefined, undefined, 'a.ogg'],
  ]);
});

test('an album has 2 to 10 items of kinds that go together', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  const photo = () => InputMediaBuilder.photo(new InputFile(aPng(8, 8), 'a.png'));
  const sent = await api.sendMediaGroup(ada.id, [photo(), InputMediaBuilder.video(new InputFile(anMp4(), 'a.mp4'))]);
  expect(new Set(sent.map((message) => (message as { media_group_id?: string }).media_group_id))).toEqual(
    new Set([expect.stringMatching(/^\d+$/)]),
  );
  expect(ada.messages()).toHaveLength(3);
  expect(await refusalOf(api.sendMediaGroup(ada.id, [photo()]))).toContain('from 2 to 10');
  const document = InputMediaBuilder.document(new InputFile(aPng(8, 8), 'a.png'));
  expect(await refusalOf(api.sendMediaGroup(ada.id, [photo(), document as never]))).toContain("can't mix files");
  const edit = api.editMessageMedia(ada.id, sent[0]?.message_id ?? 0, document);
  expect(await refusalOf(edit)).toContain("can't use media of the specified type in the album");
});

test('a file may be the parameter itself, as command-line clients send it', async () => {
  await using telegram = await aTelegram();
  const { sandbox, ada } = telegram;
  const form = new FormData();
  form.set('chat_id', '501');
  form.set('photo', new Blob([new Uint8Array(aPng(8, 8))]), 'plain.png');
  const url = `${sandbox.url}/bot${token}/sendPhoto`;
  expect(await ask(url, { method: 'POST', body: form })).toMatchObject({ ok: true });
  expect(ada.messages().at(-1)?.photo?.name).toBe('plain.png');
});

test('a photo of a person reaches the bot with its caption and can be fetched', async () => {
  await using telegram = await aTelegram();
  const { api, ada } = telegram;
  ada.sendPhoto('/generate like this');
  const [, update] = await api.getUpdates();
  expect(update?.message).toMatchObject({
    caption: '/generate like this',
    caption_entities: [{ type: 'bot_command', offset: 0, length: 9 }],
  });
  expect(await api.getFile(update?.message?.photo?.[0]?.file_id ?? '')).toHaveProperty('file_path');
  expect(await refusalOf(api.getFile('nonsense'))).toBe('400 Bad Request: invalid file_id');
});
