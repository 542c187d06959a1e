import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers every conversation at once with the same few words, whole or as a stream. */
const usage = { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 };
const message = { role: 'assistant', content: 'A few words.' };
const head = { id: 'chatcmpl-1', created: 1, model: 'bench-model' };
const whole = Buffer.from(
  JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  }),
);
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const stream = [
  chunk({ role: 'assistant', content: 'A' }),
  chunk({ content: ' few' }),
  chunk({ content: ' words.' }),
  chunk({}, 'stop'),
  'data: [DONE]\n\n',
];

const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('latin1');
  request.on('data', (piece: string) => (body += piece));
  request.on('end', () => {
    if (!body.includes('"stream":true')) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.byteLength }).end(whole);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of stream) response.write(piece);
    response.end();
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1');

process.on('message', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
