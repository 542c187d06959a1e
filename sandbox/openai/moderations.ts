import { jsonReply, type StandInReply, type StandInRequest } from '../http/stand-in-server.ts';

const models: ReadonlySet<string> = new Set([
  'omni-moderation-latest',
  'omni-moderation-2024-09-26',
  'text-moderation-latest',
]);
const categories = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
] as const;
/** A text with this word is flagged as violence. */
const flaggedWord = /\bgore\b/i;

/** What a part says: the words of a text, or the bytes of a picture as letters; undefined for what is no part. */
function partIn(part: unknown): string | undefined {
  if (typeof part !== 'object' || part === null) return undefined;
  const { type, text, image_url: image } = part as { type?: unknown; text?: unknown; image_url?: { url?: unknown } };
  if (type === 'text') return typeof text === 'string' ? text : undefined;
  const data = /^data:image\/\w+;base64,(.+)$/.exec(String(image?.url))?.[1];
  if (type !== 'image_url' || data === undefined) return undefined;
  const header = Buffer.from(data, 'base64').subarray(0, 24);
  return header.length === 24 && header.readUInt32BE(16) === flaggedWidth ? 'gore' : 'a picture';
}

type Refuse = (status: number, message: string, more?: { readonly param?: string }) => StandInReply;

/** A PNG that is so many pixels wide is flagged likewise: nothing here sees what a picture shows. */
export const flaggedWidth = 13;

/**
 * Answers `POST /v1/moderations`: `{model?, input: text | [text, …]}` with one result for each text, `{model?, input: [part, …]}`
 * of texts and pictures with one for all of them.
 */
export function moderationReply({ body }: StandInRequest, refuse: Refuse): StandInReply {
  let fields: unknown;
  try {
    fields = JSON.parse(body);
  } catch {
    return refuse(400, 'We could not parse the JSON body of your request.');
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return refuse(400, 'Invalid body.');
  const { model = 'omni-moderation-latest', input, ...others } = fields as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return refuse(400, `Unknown parameter: '${unknown}'.`, { param: unknown });
  if (typeof model !== 'string' || !models.has(model)) {
    return refuse(404, `The model '${String(model)}' does not exist or you do not have access to it.`, {
      param: 'model',
    });
  }
  const asked: readonly unknown[] = Array.isArray(input) ? input : [input];
  const parts = asked.map(partIn);
  const texts = parts.every((part) => part !== undefined) && parts.length > 0 ? [parts.join(' ')] : asked;
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string' && text !== '')) {
    return refuse(400, "Invalid 'input'.", { param: 'input' });
  }
  const results = texts.map((text) => {
    const isFlagged = flaggedWord.test(String(text));
    const of = <Value>(value: (category: string) => Value) =>
      Object.fromEntries(categories.map((category) => [category, value(category)]));
    return {
      flagged: isFlagged,
      categories: of((category) => isFlagged && category === 'violence'),
      category_scores: of((category) => (isFlagged && category === 'violence' ? 0.97 : 0.0001)),
      category_applied_input_types: of(() => ['text']),
    };
  });
  return jsonReply(200, { id: 'modr-1', model, results });
}
