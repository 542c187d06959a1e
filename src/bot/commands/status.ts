import type { Screen } from '../../messages/screen.ts';
import { isAdminHere } from '../admin-here.ts';
import type { BotContext, Desk } from '../context.ts';

/** Where the speaker's requests stand; an admin, in the own chat, also sees the calls that were made for them. */
export async function statusFor(ctx: BotContext, { service, messages }: Desk): Promise<Screen> {
  const { userId, locale } = ctx.speaker;
  const views = await service.findAll(userId);
  if (!isAdminHere(ctx)) return messages.status(views, locale);
  const trails = await Promise.all(
    views.map(async ({ id }) => [id, (await service.explain(id))?.trail ?? []] as const),
  );
  return messages.status(views, locale, new Map(trails));
}
