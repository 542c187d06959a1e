import type { FailureCode } from '../domain/failure.ts';
import { type JobKind, kindTraits, type Lane } from '../domain/kinds.ts';
import {
  exampleRows,
  myRequestsButton,
  failureRemedy,
  failureWords,
  premiumNote,
  lines,
  waitWithTime,
} from './phrases.ts';
import type { Localizer } from './catalog.ts';
import { usageView } from './guide-views.ts';
import { type MessageView, safe } from './view.ts';

/** A request that was not accepted, and the limits that its words name. */
export type Refusal = {
  readonly code: FailureCode;
  readonly kind: JobKind;
  readonly lane: Lane;
  readonly isAdmin?: boolean;
  /** How many requests of this person may wait at once. */
  readonly waiting: number;
  /** Requests of the kind per UTC day for this person; 0 is none. */
  readonly perDay: number;
  /** The longest accepted prompt, in UTF-16 units. */
  readonly promptLimit: number;
  /** The days in which requests are counted. */
  readonly day: { readonly zone: string; readonly nextDayMs: (nowMs: number) => number };
  readonly nowMs: number;
  /** Whether a pack is for sale, with which the person could go on at once. */
  readonly sellsPacks?: boolean;
};

/** Why a request was not accepted. Nothing was stored, so there is nothing to cancel and no credit to return. */
export function refusedView(localizer: Localizer, refusal: Refusal): MessageView {
  return {
    text: lines(
      refusalWords(localizer, refusal),
      packNote(localizer, refusal) ?? premiumNote(localizer, refusal.code, refusal),
    ),
    rows: remedyRows(localizer, refusal),
  };
}

function packNote(localizer: Localizer, { code, sellsPacks }: Refusal): string | undefined {
  return code === 'quota-reached' && sellsPacks === true ? localizer.say('pack.instead') : undefined;
}

function refusalWords(localizer: Localizer, refusal: Refusal): string {
  const { code, kind, waiting, perDay, promptLimit, day, nowMs } = refusal;
  if (code === 'queue-full') return localizer.say('refused.queue-full', { limit: waiting });
  if (code === 'prompt-too-long') return localizer.say('refused.prompt-too-long', { limit: promptLimit });
  if (code === 'empty-prompt') return usageView(localizer, kind).text;
  if (code === 'quota-reached' && perDay <= 0) return localizer.say('refused.quota-none', { kind });
  if (code === 'quota-reached') {
    const wait = waitWithTime(localizer, day.nextDayMs(nowMs) - nowMs, nowMs);
    return localizer.say('refused.quota-reached', { kind, limit: perDay, zone: day.zone, wait });
  }
  return failureWords(localizer, code, kind);
}

/** A request of a kind that cannot be made here now, and what can. */
export function notOfferedView(localizer: Localizer, kind: JobKind, offered: readonly JobKind[]): MessageView {
  const commands = safe(offered.map((other) => `/${kindTraits[other].command}`).join(', '));
  return {
    text: localizer.say('refused.not-offered', { kind, commands }),
    rows: exampleRows(localizer, offered.slice(0, 1)),
  };
}

/** No job exists that a button could start again, so the person's requests are shown where nothing else would help. */
function remedyRows(localizer: Localizer, { code, kind }: Refusal): MessageView['rows'] {
  const examples = failureRemedy[code] === 'example' ? exampleRows(localizer, [kind]) : [];
  return examples.length > 0 ? examples : [[myRequestsButton(localizer)]];
}
