import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pngSized } from '../large-picture.ts';

const answers = [answerOf('AQ=='), answerOf(pngSized(1_000_000).toString('base64'))] as const;

function answerOf(picture: string) {
  const body = Buffer.from(JSON.stringify({ created: 1, data: [{ b64_json: picture }] }));
  return { body, headers: { 'content-type': 'application/json', 'content-length': String(body.byteLength) } };
}

const server = createServer((request, response) => {
  const { headers, body } = answers[request.url?.startsWith('/large/') === true ? 1 : 0];
  const reply = () => response.writeHead(200, headers).end(body);
  const afterMs = Number(new URL(request.url ?? '', 'http://127.0.0.1').searchParams.get('ms') ?? 0);
  request.resume().on('end', afterMs === 0 ? reply : () => setTimeout(reply, afterMs));
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1');

process.on('message', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}/v1/images/generations` });
});
