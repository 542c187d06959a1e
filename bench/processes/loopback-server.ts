import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = JSON.stringify({ created: 1, data: [{ b64_json: 'AQ==' }] });
const headers = { 'content-type': 'application/json', 'content-length': String(answer.length) };

const server = createServer((request, response) => {
  const reply = () => response.writeHead(200, headers).end(answer);
  const afterMs = Number(new URL(request.url ?? '', 'http://127.0.0.1').searchParams.get('ms') ?? 0);
  request.resume().on('end', afterMs === 0 ? reply : () => setTimeout(reply, afterMs));
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1');

process.on('message', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}/v1/images/generations` });
});
