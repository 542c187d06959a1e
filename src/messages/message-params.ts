import type { MessageId, messageVariables } from './message-ids.ts';
import type { Safe } from './safe-html.ts';

/** Text is escaped, numbers and dates are written the way of the language, `Safe` is taken as the HTML it is. */
export type MessageValue = string | number | Date | Safe;

type VariableOf<Id extends MessageId> = (typeof messageVariables)[Id][number];

/** Exactly the variables of a message. */
export type MessageParams<Id extends MessageId> = { readonly [Name in VariableOf<Id>]: MessageValue };

/** What follows the id in a call: nothing for a message without variables. */
export type ParamsAfter<Id extends MessageId> = [VariableOf<Id>] extends [never] ? [] : [params: MessageParams<Id>];
