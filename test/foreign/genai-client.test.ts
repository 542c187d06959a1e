import { ApiError, type GenerateContentParameters, GoogleGenAI, Modality } from '@google/genai';
import { expect, test } from 'vitest';
import { type GeminiAccount, startGeminiSandbox } from '../../sandbox/gemini/gemini-sandbox.ts';
import { pngBytes } from '../sandbox/bytez/ask.ts';

const key = 'AQ.canary-key-of-a-client-0123456789';
const models = {
  picture: 'gemini-nano-banana-2.1',
  speech: 'gemini-3.8-flash-tts',
  chat: 'gemini-3.8-flash',
  video: 'veo-3.1-fast-generate-preview',
} as const;

/** Google's own client and the stand-in that it asks. */
async function aClient({ apiKey = key, ...own }: Partial<GeminiAccount> & { readonly apiKey?: string } = {}) {
  const sandbox = await startGeminiSandbox({ accounts: [{ name: 'one', key, ...own }] });
  const baseUrl = sandbox.baseUrl.replace(/\/v1beta$/, '');
  const client = new GoogleGenAI({ apiKey, vertexai: false, httpOptions: { baseUrl } });
  return { sandbox, client, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
}

test('Google’s own client draws a picture, changes one and speaks', async () => {
  await using stage = await aClient();
  const { models: asked } = stage.client;
  const config = { responseModalities: [Modality.IMAGE], imageConfig: { aspectRatio: '16:9' } };
  const drawn = await asked.generateContent({ model: models.picture, contents: 'a fox', config });
  expect(Buffer.from(drawn.data ?? '', 'base64').subarray(0, 4)).toEqual(pngBytes.subarray(0, 4));
  expect(drawn.usageMetadata?.candidatesTokenCount).toBe(1_120);
  const picture = { inlineData: { mimeType: 'image/png', data: pngBytes.toString('base64') } };
  const changed = await asked.generateContent({ model: models.picture, contents: [picture, 'a bear'], config });
  expect(changed.candidates?.[0]?.finishReason).toBe('STOP');
  expect(Buffer.from(changed.data ?? '', 'base64').subarray(0, 4)).toEqual(pngBytes.subarray(0, 4));
  const voice = { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } };
  const said = await asked.generateContent({
    model: models.speech,
    contents: 'good day',
    config: { responseModalities: [Modality.AUDIO], speechConfig: voice },
  });
  expect(Buffer.from(said.data ?? '', 'base64')).toHaveLength(48_000);
  expect(stage.sandbox.calls.map(({ prompt, pictures, aspectRatio }) => [prompt, pictures, aspectRatio])).toEqual([
    ['a fox', 0, '16:9'],
    ['a bear', 1, '16:9'],
    ['good day', 0, '1:1'],
  ]);
  expect(stage.sandbox.calls.filter(({ leakedKey }) => leakedKey)).toEqual([]);
});

test('Google’s own client is answered whole and in pieces, and hears what was said before', async () => {
  await using stage = await aClient();
  const history = [
    { role: 'user', parts: [{ text: 'hello' }] },
    { role: 'model', parts: [{ text: 'Good day.' }] },
  ];
  const chat = stage.client.chats.create({ model: models.chat, history });
  expect((await chat.sendMessage({ message: 'why?' })).text).toBe('You said: why?');
  const pieces: (string | undefined)[] = [];
  for await (const piece of await chat.sendMessageStream({ message: 'how?' })) pieces.push(piece.text);
  expect(pieces).toEqual(['You said: ', 'how?']);
  expect(stage.sandbox.calls.map(({ route, turns }) => [route, turns])).toEqual([
    ['content', 3],
    ['stream', 5],
  ]);
});

test('Google’s own client has a video made, and asks until it is done', async () => {
  await using stage = await aClient();
  const { client } = stage;
  let operation = await client.models.generateVideos({ model: models.video, prompt: 'a fox that runs' });
  expect(operation.done ?? false).toBe(false);
  for (let asks = 0; operation.done !== true && asks < 3; asks += 1) {
    operation = await client.operations.getVideosOperation({ operation });
  }
  const uri = operation.response?.generatedVideos?.[0]?.video?.uri ?? '';
  const file = await fetch(uri, { headers: { 'x-goog-api-key': key } });
  expect([file.headers.get('content-type'), operation.error]).toEqual(['video/mp4', undefined]);
});

test('Google’s own client lists the models of the stand-in', async () => {
  await using stage = await aClient();
  const listed: (string | undefined)[] = [];
  for await (const { name } of await stage.client.models.list()) listed.push(name);
  expect(listed).toContain(`models/${models.picture}`);
});

const asked = { model: models.chat, contents: 'hello' };
const pictures = { responseModalities: [Modality.IMAGE] };

test.each<[number, string, Parameters<typeof aClient>[0], GenerateContentParameters]>([
  [400, 'INVALID_ARGUMENT', { apiKey: 'AQ.of-nobody' }, asked],
  [403, 'PERMISSION_DENIED', { isLeaked: true }, asked],
  [404, 'NOT_FOUND', {}, { ...asked, model: 'gemini-0' }],
  [429, 'RESOURCE_EXHAUSTED', { quota: 'minute' }, asked],
  [400, 'INVALID_ARGUMENT', {}, { ...asked, config: pictures }],
])('Google’s own client meets %i (%s) where the stand-in refuses', async (status, name, own, request) => {
  await using stage = await aClient(own);
  const error = await stage.client.models.generateContent(request).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status, message: expect.stringContaining(`"status":"${name}"`) as unknown });
});
