import { open, mkdir, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Bot, InputFile } from 'grammy';
import { providerOf } from './provider.js';

// The same life on a well-known queue: BullMQ on a Redis that syncs its log before it answers. Installed on demand.
const fromPackages = createRequire(join(process.env.PACKAGES, 'package.json'));
const packageOf = async (name) => (await import(pathToFileURL(fromPackages.resolve(name)).href)).default;
const { Queue, Worker } = await packageOf('bullmq');
const Redis = await packageOf('ioredis');
const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: apiRoot, DATA_DIR: dir, REDIS_SOCKET: path } = process.env;
const connection = { path, maxRetriesPerRequest: null };
const results = join(dir, 'results');
await mkdir(results, { recursive: true });
const folder = await open(results, 'r');
const provider = providerOf(process.env);
const queue = new Queue('lives', { connection });
const redis = new Redis(path);
const bot = new Bot(token, { client: { apiRoot } });
const sending = new Map();

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

bot.command('generate', async (ctx) => {
  const id = `tg-${ctx.update.update_id}`;
  const answered = Promise.withResolvers();
  sending.set(id, answered.promise);
  // Durable before it is said.
  await queue.add('life', { chat: ctx.chat.id, words: ctx.match }, { jobId: id, removeOnComplete: 1_000, attempts: 3 });
  const { message_id: messageId } = await ctx.reply('queued');
  await redis.set(`message:${id}`, messageId);
  answered.resolve();
});

const worker = new Worker(
  'lives',
  async (job) => {
    const { chat, words } = job.data;
    const picture = await provider.generate(words);
    await job.updateProgress({ file: await writeDurably(job.id, picture) });
    await sending.get(job.id);
    sending.delete(job.id);
    const messageId = Number(await redis.get(`message:${job.id}`));
    const media = { type: 'photo', media: new InputFile(picture, 'fox.png'), caption: words };
    await bot.api.editMessageMedia(chat, messageId, media);
  },
  { connection, concurrency: 32 },
);
worker.on('failed', (job, error) => process.stderr.write(`${job?.id}: ${error}\n`));
void bot.start();
