import type { Api } from 'grammy';
import type { Clock } from '../../kit/clock.ts';

/** An admin of a group stays one for so long after Telegram was asked. */
const knownForMs = 300_000;
const maxKnown = 1_000;

/** Whether people are admins of groups, as Telegram says; asked once in a while for each of them. */
export class GroupAdmins {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #known = new Map<string, { readonly isAdmin: boolean; readonly untilMs: number }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** False where Telegram does not tell. `fresh` asks Telegram whatever is known. */
  async isAdmin(api: Pick<Api, 'getChatMember'>, chatId: number, userId: number, fresh = false): Promise<boolean> {
    const key = `${chatId}:${userId}`;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#known.get(key);
    if (!fresh && known !== undefined && known.untilMs > nowMs) return known.isAdmin;
    let isAdmin = false;
    try {
      const { status } = await api.getChatMember(chatId, userId);
      isAdmin = status === 'creator' || status === 'administrator';
    } catch {
      // Not remembered: the next request asks again.
      return false;
    }
    this.#known.delete(key);
    this.#known.set(key, { isAdmin, untilMs: nowMs + knownForMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
    return isAdmin;
  }
}
