import { Bot, InputFile } from 'grammy';
import { run } from '@grammyjs/runner';
import { providerOf } from './provider.js';

// The whole life with nothing stored: whoever stops this bot loses every request.
const bot = new Bot(process.env.TELEGRAM_BOT_TOKEN, { client: { apiRoot: process.env.TELEGRAM_API_ROOT } });
const provider = providerOf(process.env);

async function make(ctx, messageId) {
  const picture = await provider.generate(ctx.match);
  const media = { type: 'photo', media: new InputFile(picture, 'fox.png'), caption: ctx.match };
  await ctx.api.editMessageMedia(ctx.chat.id, messageId, media);
}

bot.command('generate', async (ctx) => {
  const { message_id: messageId } = await ctx.reply('queued');
  void make(ctx, messageId).catch((error) => process.stderr.write(`${error}\n`));
});

if (process.env.ON_RUNNER === '1') run(bot);
else void bot.start();
