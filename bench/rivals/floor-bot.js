import { open, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { request } from 'undici';
import { providerOf } from './provider.js';

// The least that a durable life costs in this runtime: no framework, six commits, all of one turn shared.
const { TELEGRAM_API_ROOT: root, TELEGRAM_BOT_TOKEN: token, DATA_DIR: dir } = process.env;
const api = `${root}/bot${token}`;
const results = join(dir, 'results');
await mkdir(results, { recursive: true });
const database = new DatabaseSync(join(dir, 'floor.db'));
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS lives (id INTEGER PRIMARY KEY, chat INTEGER, words TEXT, message INTEGER, file TEXT, state TEXT)`);
const begin = database.prepare('BEGIN IMMEDIATE');
const commit = database.prepare('COMMIT');
const accept = database.prepare(`INSERT OR IGNORE INTO lives (id, chat, words, state) VALUES (?, ?, ?, 'accepted')`);
const told = database.prepare('UPDATE lives SET message = ? WHERE id = ?');
const mark = database.prepare('UPDATE lives SET state = ? WHERE id = ?');
const keep = database.prepare(`UPDATE lives SET file = ?, state = 'produced' WHERE id = ?`);
const provider = providerOf(process.env);
const folder = await open(results, 'r');

let group = [];
function stored(work) {
  return new Promise((resolve, reject) => {
    if (group.length === 0) setImmediate(flush);
    group.push({ work, resolve, reject });
  });
}

function flush() {
  const all = group;
  group = [];
  begin.run();
  for (const { work } of all) work();
  commit.run();
  for (const { resolve } of all) resolve();
}

async function call(method, payload) {
  const headers = { 'content-type': 'application/json' };
  const { body } = await request(`${api}/${method}`, { method: 'POST', headers, body: JSON.stringify(payload) });
  return (await body.json()).result;
}

async function upload(chat, message, caption, picture) {
  const mark = `life${Math.random()}`;
  const field = (name, value) => `--${mark}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const media = JSON.stringify({ type: 'photo', media: 'attach://file', caption });
  const head = field('chat_id', chat) + field('message_id', message) + field('media', media);
  const file = `--${mark}\r\ncontent-disposition: form-data; name="file"; filename="fox.png"\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head + file), picture, Buffer.from(`\r\n--${mark}--\r\n`)]);
  const headers = { 'content-type': `multipart/form-data; boundary=${mark}` };
  const answer = await request(`${api}/editMessageMedia`, { method: 'POST', headers, body });
  await answer.body.dump();
}

async function writeDurably(id, picture) {
  const path = join(results, `${id}.png`);
  const file = await open(`${path}.part`, 'w');
  await file.writeFile(picture);
  await file.sync();
  await file.close();
  await rename(`${path}.part`, path);
  await folder.sync();
  return path;
}

async function live({ update_id: id, message: { chat, text } }) {
  const { message_id: message } = await call('sendMessage', { chat_id: chat.id, text: 'queued' });
  await stored(() => told.run(message, id));
  await stored(() => mark.run('calling', id));
  const picture = await provider.generate(text);
  const path = await writeDurably(id, picture);
  await stored(() => keep.run(path, id));
  await stored(() => mark.run('delivering', id));
  await upload(chat.id, message, text, picture);
  await stored(() => mark.run('told', id));
}

for (let offset = 0; ;) {
  const updates = await call('getUpdates', { offset, timeout: 25 });
  if (updates.length === 0) continue;
  await stored(() => updates.forEach(({ update_id: id, message }) => accept.run(id, message.chat.id, message.text)));
  offset = updates.at(-1).update_id + 1;
  for (const update of updates) void live(update).catch((error) => process.stderr.write(`${error}\n`));
}
