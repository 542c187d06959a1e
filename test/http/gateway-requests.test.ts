import { expect, test } from 'vitest';
import { chatSchema, usualChat } from '../../src/http/gateway/chat-request.ts';
import type { JsonObject } from '../../src/http/gateway/read-body.ts';

const message = { role: 'user', content: 'a fox' };

/** Bodies of every combination of what each field may be, right and wrong. */
function* bodies(): Generator<JsonObject> {
  const models = [undefined, null, '', 'm', 'm'.repeat(200), 'm'.repeat(201), 7];
  const streams = [undefined, null, true, false, 'yes'];
  const messages = [
    undefined,
    [],
    'words',
    [message],
    [message, { ...message, name: 'Ann' }],
    [{ ...message, role: 'r'.repeat(65) }],
    [{ role: 'user' }],
    [{ ...message, content: null }],
    [{ ...message, content: [{ type: 'text', text: 'a fox' }] }],
    [{ ...message, content: 7 }],
    [{ content: 'a fox' }],
    [null],
    [[message]],
    Array.from({ length: 10_001 }, () => message),
  ];
  const others = [{}, { temperature: 1 }, { n: 0 }, { n: 2 }, { stream_options: 'all' }, { stream_options: {} }];
  for (const model of models)
    for (const stream of streams)
      for (const turns of messages)
        for (const other of others) {
          const written = { model, stream, messages: turns, ...other };
          yield Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)) as JsonObject;
        }
}

test('usualChat() takes nothing that the schema refuses, and takes it as the schema does', () => {
  let taken = 0;
  for (const body of bodies()) {
    const usual = usualChat(body);
    if (usual === undefined) continue;
    taken += 1;
    expect(chatSchema.safeParse(body)).toEqual({ success: true, data: usual });
  }
  expect(taken).toBe(36);
});
