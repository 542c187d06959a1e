import { Composer } from 'grammy';
import { jobKinds } from '../../domain/kinds.ts';
import { type ModelFacts, modelTag } from '../../messages/models-view.ts';
import type { BotContext, BotDeps, Speaker } from '../context.ts';
import { isCommand } from '../message-words.ts';
import { isForeignPress } from '../middleware/identify.ts';
import { answer, edit, replyQuoting } from '../reply.ts';

/** /models: what each kind is made with, and one's own model for each. */
export function modelsCommand({ service, messages }: BotDeps): Composer<BotContext> {
  const feature = new Composer<BotContext>();
  feature.filter(isCommand('models'), (ctx) => {
    const { speaker } = ctx;
    return replyQuoting(ctx, messages.models(modelFactsFor(service, speaker, speaker.models), speaker.locale));
  });
  return feature;
}

/** The buttons under /models: a kind shows its models, a model becomes the person's own, `any` takes that back. */
export async function pressModelButton(ctx: BotContext, deps: BotDeps, id: string): Promise<void> {
  const { service, messages, users } = deps;
  const { speaker } = ctx;
  const { userId, locale, models = {} } = speaker;
  if (ctx.callbackQuery !== undefined && isForeignPress(ctx.callbackQuery)) {
    return answer(ctx, messages.answer('not-yours', locale));
  }
  if (id === 'all') {
    await answer(ctx);
    return edit(ctx, messages.models(modelFactsFor(service, speaker, models), locale));
  }
  const [name, tag] = id.split('.');
  const kind = jobKinds.find((known) => known === name);
  if (kind === undefined) return answer(ctx, messages.answer('expired', locale));
  if (tag === undefined) {
    await answer(ctx);
    return edit(ctx, messages.modelsOf(kind, modelFactsFor(service, speaker, models), locale));
  }
  const chosen = service.models.offered(kind, speaker).find(({ model }) => modelTag(model) === tag)?.model;
  if (chosen === undefined && tag !== 'any') return answer(ctx, messages.answer('expired', locale));
  const { [kind]: _before, ...others } = models;
  const after = chosen === undefined ? others : { ...others, [kind]: chosen };
  await users.setModels(userId, after);
  await answer(ctx, messages.answer('noted', locale));
  return edit(ctx, messages.modelsOf(kind, modelFactsFor(service, speaker, after), locale));
}

/** What the person may choose among, and what they have chosen. */
export function modelFactsFor(
  service: BotDeps['service'],
  speaker: Speaker,
  chosen: Speaker['models'] = {},
): ModelFacts {
  const offered = service.offered().map((kind) => [kind, service.models.offered(kind, speaker)] as const);
  return { offered: Object.fromEntries(offered), chosen };
}
