import type { Job } from '../../domain/job.ts';
import type { MessageMapper } from '../../messages/message-mapper.ts';
import type { MessageView } from '../../messages/view.ts';

/** Where others see a result, they may report it. */
export function withReport(
  view: MessageView,
  { id, locale, origin }: Pick<Job, 'id' | 'locale' | 'origin'>,
  messages: Pick<MessageMapper, 'reportButton'>,
): MessageView {
  if (origin.chatType === 'private') return view;
  return { ...view, rows: [...view.rows, [messages.reportButton(id, locale)]] };
}
