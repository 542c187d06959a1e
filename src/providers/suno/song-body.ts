import type { GenerationRequest } from '../../domain/provider.ts';

/**
 * Where the service reports progress. It asks for an address although its tasks can be polled, and this one, which is
 * reserved for examples, belongs to nobody who reads it.
 */
const callBackUrl = 'https://example.com/cb';

/** Longer words are no description any more, but lyrics. */
const maxDescription = 500;
const maxTitle = 80;

/** The style that custom mode requires, where a person gave none. */
const anyStyle = 'whatever suits the lyrics';

type Song = Pick<GenerationRequest, 'model' | 'prompt' | 'negative' | 'title' | 'style' | 'instrumental'>;

/**
 * The body of `POST /generate`. Simple mode: the words describe a song, and the service writes the lyrics. Custom mode,
 * for a request with a style or with more words than a description may have: the words are the lyrics; in a song that
 * nobody sings they describe it further. The service knows a title in custom mode alone.
 */
export function songBody({ model, prompt, negative, title, style, instrumental }: Song): object {
  const common = {
    instrumental: instrumental === true,
    model,
    callBackUrl,
    ...(negative === undefined ? {} : { negativeTags: negative }),
  };
  if (style === undefined && prompt.length <= maxDescription) return { customMode: false, prompt, ...common };
  const maxStyle = model === 'V4' ? 200 : 1_000;
  const custom = { customMode: true, title: shortened(title ?? firstLine(prompt), maxTitle), ...common };
  return instrumental === true
    ? { ...custom, style: shortened(style === undefined ? prompt : `${style}. ${prompt}`, maxStyle) }
    : { ...custom, style: shortened(style ?? anyStyle, maxStyle), prompt };
}

function firstLine(prompt: string): string {
  return prompt.split('\n').find((line) => line.trim() !== '') ?? prompt;
}

/** Cut between two words where there are several. */
function shortened(text: string, max: number): string {
  const plain = text.trim();
  if (plain.length <= max) return plain;
  const end = plain.lastIndexOf(' ', max);
  return plain.slice(0, end > max / 2 ? end : max).toWellFormed();
}
