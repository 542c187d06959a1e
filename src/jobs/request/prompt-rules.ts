/** Telegram's own limit of a message, in UTF-16 units. */
export const longestPrompt = 4096;

export type CheckedPrompt =
  | { readonly ok: true; readonly prompt: string }
  | { readonly ok: false; readonly code: 'empty-prompt' | 'prompt-too-long' };

// Control characters but newline and tab; escape sequences of terminals lose their ESC byte with them.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Signs that show nothing by themselves; the blank of Braille is one only to the eye. */
const invisible = /[\s\p{Default_Ignorable_Code_Point}\u{2800}]/gu;

/** A prompt as it is kept and sent: well-formed, without control characters; what shows nothing is empty. */
export function checkPrompt(text: string): CheckedPrompt {
  if (text.length > longestPrompt) return { ok: false, code: 'prompt-too-long' };
  const prompt = text.toWellFormed().replace(controls, '').trim();
  return prompt.replace(invisible, '') === '' ? { ok: false, code: 'empty-prompt' } : { ok: true, prompt };
}
