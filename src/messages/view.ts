import { Buffer } from 'node:buffer';

export const callbackVerbs = ['cancel', 'again', 'status', 'example', 'keys', 'language', 'ask', 'forget'] as const;
/** What a button does; the id after the colon names its object. */
export type CallbackVerb = (typeof callbackVerbs)[number];

export type MessageButton = {
  readonly text: string;
  readonly data: string;
};

/** One message as a person sees it: Telegram HTML and rows of buttons. */
export type MessageView = {
  readonly text: string;
  readonly rows: readonly (readonly MessageButton[])[];
};

/** Telegram's limits in UTF-16 units after entity parsing, and in bytes for the data of a button. */
export const textLimit = 4096;
export const captionLimit = 1024;
const callbackLimitBytes = 64;

/** The data of a button: `verb:id`, never over Telegram's limit of 64 bytes. */
export function callbackData(verb: CallbackVerb, id: string): string {
  const data = `${verb}:${id}`;
  const bytes = Buffer.byteLength(data);
  if (id === '' || bytes > callbackLimitBytes) {
    throw new Error(
      `Cannot make a "${verb}" button: its data has ${bytes} bytes, give it an id of 1 to ${
        callbackLimitBytes - verb.length - 1
      } bytes`,
    );
  }
  return data;
}

/** Parses the data of a pressed button; undefined for anything that is not ours. */
export function parseCallbackData(data: string): { readonly verb: CallbackVerb; readonly id: string } | undefined {
  if (Buffer.byteLength(data) > callbackLimitBytes) return undefined;
  const colon = data.indexOf(':');
  const verb = callbackVerbs.find((known) => known === data.slice(0, Math.max(0, colon)));
  const id = data.slice(colon + 1);
  return verb === undefined || id === '' ? undefined : { verb, id };
}
