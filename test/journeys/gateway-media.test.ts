import { readdirSync, statSync, utimesSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clientToken, openGatewayStage } from './gateway-stage.ts';

const hourMs = 3_600_000;

test('a picture is answered as a link that needs no token, tells nobody its id, and ends after an hour (H1, H7, H17)', async () => {
  await using stage = await openGatewayStage();
  const made = await stage.client.images.generate({ prompt: 'a red fox', response_format: 'url' });
  const link = made.data?.[0]?.url ?? '';
  expect(link).toMatch(new RegExp(`^${stage.base}/pictures/[A-Za-z0-9_-]{43}\\.png$`));
  const read = await stage.fetch(link);
  expect(Object.fromEntries(read.headers)).toMatchObject({
    'content-type': 'image/png',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  });
  expect(
    Buffer.from(await read.arrayBuffer())
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG');
  const head = await fetch(link, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  const other = await stage.fetch(link.replace(/[^/]{43}\.png$/, `${'A'.repeat(43)}.png`));
  const without = await stage.fetch(`${stage.base}/pictures/`);
  const posted = await stage.fetch(link, { method: 'POST', headers: { authorization: `Bearer ${clientToken}` } });
  expect([other.status, without.status, posted.status]).toEqual([404, 404, 405]);

  const folder = join(stage.app.dataDir, 'links');
  const [name = '', ...others] = readdirSync(folder);
  expect([others, link.includes(name.replace('.png', ''))]).toEqual([[], false]);
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  const longAgo = new Date(Date.now() - hourMs - 1);
  utimesSync(join(folder, name), longAgo, longAgo);
  expect((await stage.fetch(link)).status).toBe(404);
  // The next picture takes its place.
  await stage.client.images.generate({ prompt: 'a red fox', response_format: 'url' });
  expect(readdirSync(folder)).not.toContain(name);
});

test('links begin with the address under which programs reach the gateway', async () => {
  await using stage = await openGatewayStage({ env: { GATEWAY_URL: 'https://pool.example.com/' } });
  const made = await stage.client.images.generate({ prompt: 'a red fox', response_format: 'url' });
  expect(made.data?.[0]?.url).toMatch(/^https:\/\/pool\.example\.com\/v1\/pictures\//);
});

test('pictures that a request only names are fetched behind the guard, and no provider is sent to an address (S14)', async () => {
  const png = await aPicture();
  await using server = await serving(png);
  // What only makes pictures larger is not asked to change one.
  const upscaler = {
    EDIT_CHAIN: 'stability:upscale-fast,openai:gpt-image-2.6-flare',
    STABILITY_API_KEY: 'sk-canary-key-of-stability-0123456789',
    STABILITY_BASE_URL: `http://${server.host}`,
  };
  await using stage = await openGatewayStage({ mediaHosts: [server.host], env: upscaler });
  const seen = (url: string) => ({
    model: 'gpt-6-luna',
    messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
  });
  const answered = await stage.ask('/chat/completions', seen(`http://${server.host}/fox.png`));
  expect(answered.status).toBe(200);
  const sent = stage.openai.calls.at(-1)?.body ?? '';
  expect([sent.includes('data:image/png;base64,'), sent.includes(server.host)]).toEqual([true, false]);

  const changed = await stage.ask('/images/edits', {
    prompt: 'make it blue',
    images: [
      { image_url: `http://${server.host}/fox.png` },
      { image_url: `data:image/png;base64,${png.toString('base64')}` },
    ],
  });
  expect(changed.status).toBe(200);
  expect(stage.openai.calls.at(-1)).toMatchObject({ route: 'edits', inputs: 2 });

  const calls = stage.openai.calls.length;
  const asked = server.asked();
  for (const [url, why] of [
    [`http://localhost:${server.host.split(':')[1]}/fox.png`, 'its address is not a public one'],
    ['http://10.0.0.1/fox.png', 'its address is not a public one'],
    [`http://${server.host}/words.txt`, 'there is no picture at its address'],
    ['ftp://example.com/fox.png', 'its address is neither http, https nor data'],
  ] as const) {
    for (const [path, body, param] of [
      ['/chat/completions', seen(url), 'messages'],
      ['/responses', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }] }, 'input'],
      ['/images/edits', { prompt: 'make it blue', images: [{ image_url: url }] }, 'images'],
    ] as const) {
      const refused = await stage.ask(path, body);
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { error: { message: `Cannot fetch picture 1: ${why}`, param, code: 'invalid_image_url' } },
      ]);
    }
  }
  expect([stage.openai.calls.length, server.asked() - asked]).toEqual([calls, 3]);
  expect(readdirSync(join(stage.app.dataDir, 'results'))).toEqual([]);
});

test('speech comes in the format that was asked for, or the refusal says why it cannot', async () => {
  await using stage = await openGatewayStage();
  const speak = async (response_format: string, model = 'gpt-4o-mini-tts') => {
    const answered = await stage.ask('/audio/speech', { input: 'good morning', model, response_format });
    return { status: answered.status, mime: answered.headers.get('content-type'), answered };
  };
  const bytesOf = async ({ answered }: Awaited<ReturnType<typeof speak>>) => Buffer.from(await answered.arrayBuffer());
  const wav = await speak('wav');
  expect([wav.status, wav.mime, (await bytesOf(wav)).toString('latin1', 8, 12)]).toEqual([200, 'audio/wav', 'WAVE']);
  expect(JSON.parse(stage.openai.calls.at(-1)?.body ?? '')).toMatchObject({ response_format: 'wav' });
  const pcm = await speak('pcm');
  expect([pcm.status, pcm.mime, (await bytesOf(pcm)).byteLength]).toEqual([200, 'audio/pcm', 24_000]);
  const mp3 = await speak('mp3');
  expect([mp3.status, mp3.mime]).toEqual([200, 'audio/mpeg']);

  const codeOf = async (asked: Promise<Awaited<ReturnType<typeof speak>>>) => {
    const { status, answered } = await asked;
    const { error } = (await answered.json()) as { error: { code: string; param: string } };
    return [status, error.code, error.param];
  };
  // The stand-in sends MP3 whatever is asked besides WAV, as some servers do.
  expect(await codeOf(speak('opus'))).toEqual([502, 'format_not_honoured', 'response_format']);
  expect(await codeOf(speak('midi'))).toEqual([400, 'invalid_value', 'response_format']);
  expect(await codeOf(speak('opus', 'bytez:suno/bark-small'))).toEqual([
    400,
    'unsupported_parameter',
    'response_format',
  ]);
});

test('what is no picture, or a far too large one, is refused as input before anybody is asked (A25)', async () => {
  await using stage = await openGatewayStage();
  const png = await aPicture();
  const vast = Buffer.from(png);
  vast.writeUInt32BE(60_000, 16);
  vast.writeUInt32BE(60_000, 20);
  const calls = stage.openai.calls.length;
  for (const [what, bytes] of [
    ['markup', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>')],
    ['a page', Buffer.from('<!doctype html><p>hello</p>')],
    ['a script behind the first letters of a GIF', Buffer.from('GIF89a=1;alert(1);')],
    ['60,000 x 60,000 pixels', vast],
    ['half a picture', png.subarray(0, png.byteLength >> 1)],
    ['nothing', Buffer.alloc(0)],
  ] as const) {
    const form = new FormData();
    form.set('prompt', 'make it blue');
    form.set('image', new Blob([Uint8Array.from(bytes)], { type: 'image/png' }), 'fox.png');
    const refused = await stage.fetch(`${stage.base}/images/edits`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientToken}` },
      body: form,
    });
    expect([what, refused.status]).toEqual([what, 400]);
  }
  expect([stage.openai.calls.length, await stage.app.inputs()]).toEqual([calls, []]);
});

/** A picture that the bot itself made. */
async function aPicture(): Promise<Buffer> {
  await using stage = await openGatewayStage();
  const made = await stage.client.images.generate({ prompt: 'a red fox' });
  return Buffer.from(made.data?.[0]?.b64_json ?? '', 'base64');
}

async function serving(png: Buffer) {
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (request.url === '/fox.png') response.writeHead(200, { 'content-type': 'image/png' }).end(png);
    else response.writeHead(200, { 'content-type': 'image/png' }).end('only words');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
