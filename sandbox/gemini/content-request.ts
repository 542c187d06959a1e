import { jsonReply, type StandInReply } from '../http/stand-in-server.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a request for content asks for. */
export type ContentRequest = {
  readonly wants: 'TEXT' | 'IMAGE' | 'AUDIO' | 'SONG';
  readonly prompt: string;
  readonly turns: number;
  /** The pictures that were sent along. */
  readonly pictures: number;
  readonly aspectRatio: string;
};

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reply: StandInReply };

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

/** An error in the format of Google's APIs. */
export function geminiError(code: number, message: string, details?: readonly object[]): StandInReply {
  const more = details === undefined ? {} : { details };
  return jsonReply(code, { error: { code, message, status: statuses[code] ?? 'UNKNOWN', ...more } });
}

const ratios: ReadonlySet<unknown> = new Set(['1:1', '2:3', '3:2', '3:4', '4:3', '9:16', '16:9', '21:9']);
const mimes: ReadonlySet<unknown> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']);

/** Reads the body of `:generateContent`; a wrong one gets the answer of the service's own validation. */
export function parseContentRequest(body: string, model: string): Parsed<ContentRequest> {
  const mistakes: string[] = [];
  const fields = objectIn(body);
  if (fields === undefined) return bad('Invalid JSON payload received.');
  only(fields, ['contents', 'generationConfig', 'systemInstruction', 'safetySettings', 'tools'], '', mistakes);
  const config = (fields['generationConfig'] ?? {}) as Fields;
  only(
    config,
    ['responseModalities', 'imageConfig', 'speechConfig', 'maxOutputTokens', 'seed'],
    'generation_config',
    mistakes,
  );
  const shape = (config['imageConfig'] ?? {}) as Fields;
  only(shape, ['aspectRatio', 'imageSize'], 'generation_config.image_config', mistakes);
  const aspectRatio = shape['aspectRatio'] ?? '1:1';
  if (!ratios.has(aspectRatio)) {
    mistakes.push("Invalid value at 'generation_config.image_config.aspect_ratio'");
  }
  const contents = fields['contents'];
  if (!Array.isArray(contents) || contents.length === 0) return bad('contents is not specified');
  const turns = contents as readonly Fields[];
  if (turns.some(({ role }) => role !== 'user' && role !== 'model')) {
    mistakes.push('Please use a valid role: user, model.');
  }
  const parts = turns.flatMap((turn) => (Array.isArray(turn['parts']) ? (turn['parts'] as readonly Fields[]) : []));
  if (parts.length < turns.length) return bad('contents.parts must not be empty.');
  for (const part of parts) only(part, ['text', 'inlineData'], 'contents.parts', mistakes);
  const last = turns.at(-1)?.['parts'] as readonly Fields[];
  const pictures = parts.flatMap((part) => (part['inlineData'] === undefined ? [] : [part['inlineData'] as Fields]));
  for (const { mimeType, data } of pictures) {
    if (!mimes.has(mimeType)) mistakes.push(`Unsupported MIME type: ${String(mimeType)}`);
    if (typeof data !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) mistakes.push('Base64 decoding failed');
  }
  const usual = outputOf(model) === 'SONG' ? 'SONG' : 'TEXT';
  const [wants = usual] = (config['responseModalities'] ?? []) as readonly string[];
  if (wants !== outputOf(model)) {
    mistakes.push(`The requested combination of response modalities (${wants}) is not supported by the model.`);
  }
  const isVoiced = typeof voiceIn(config) === 'string';
  if (wants === 'AUDIO' && !isVoiced) mistakes.push('The voice config is missing.');
  const [first] = mistakes;
  if (first !== undefined) return bad(first);
  const prompt = last
    .flatMap(({ text }) => (typeof text === 'string' ? [text] : []))
    .join(' ')
    .trim();
  const value = { wants: outputOf(model), prompt, turns: turns.length, pictures: pictures.length };
  return { ok: true, value: { ...value, aspectRatio: aspectRatio as string } };
}

export type VideoRequest = { readonly prompt: string; readonly aspectRatio: string; readonly pictures?: number };

/** Reads the body of `:predictLongRunning`. */
export function parseVideoRequest(body: string): Parsed<VideoRequest> {
  const mistakes: string[] = [];
  const fields = objectIn(body);
  const instances = fields?.['instances'];
  if (fields === undefined || !Array.isArray(instances) || instances.length !== 1)
    return bad('Exactly one instance is needed.');
  only(fields, ['instances', 'parameters'], '', mistakes);
  const instance = instances[0] as Fields;
  only(instance, ['prompt', 'image', 'lastFrame', 'referenceImages'], 'instances', mistakes);
  const parameters = (fields['parameters'] ?? {}) as Fields;
  const known = [
    'sampleCount',
    'aspectRatio',
    'durationSeconds',
    'resolution',
    'negativePrompt',
    'personGeneration',
    'seed',
  ];
  only(parameters, known, 'parameters', mistakes);
  const aspectRatio = parameters['aspectRatio'] ?? '16:9';
  const isWide = aspectRatio === '16:9';
  if (!isWide && aspectRatio !== '9:16') mistakes.push('aspectRatio must be 16:9 or 9:16.');
  if (typeof instance['prompt'] !== 'string' || instance['prompt'] === '') mistakes.push('The prompt is missing.');
  const [first] = mistakes;
  if (first !== undefined) return bad(first);
  return {
    ok: true,
    value: {
      prompt: String(instance['prompt']),
      aspectRatio: isWide ? '16:9' : '9:16',
      ...(instance['image'] === undefined ? {} : { pictures: 1 }),
    },
  };
}

/** Reads the body of `/interactions`: a video in the background. */
export function parseInteraction(body: string): Parsed<VideoRequest & { readonly model: string }> {
  const mistakes: string[] = [];
  const fields = objectIn(body);
  if (fields === undefined) return bad('Invalid JSON payload received.');
  only(fields, ['model', 'input', 'background', 'store', 'response_format', 'system_instruction'], '', mistakes);
  const format = (fields['response_format'] ?? {}) as Fields;
  only(format, ['type', 'delivery', 'aspect_ratio', 'duration', 'resolution'], 'response_format', mistakes);
  if (format['type'] !== 'video') mistakes.push('response_format.type must be video here.');
  if (fields['background'] !== true) mistakes.push('A video must run in the background.');
  const input = Array.isArray(fields['input']) ? (fields['input'] as readonly Fields[]) : [];
  const prompt = input.find(({ type }) => type === 'text')?.['text'];
  if (typeof prompt !== 'string' || prompt === '') mistakes.push('The input has no text.');
  const isWide = (format['aspect_ratio'] ?? '16:9') === '16:9';
  if (!isWide && format['aspect_ratio'] !== '9:16') mistakes.push('aspect_ratio must be 16:9 or 9:16.');
  const [first] = mistakes;
  if (first !== undefined) return bad(first);
  const { model } = fields;
  const value = { model: typeof model === 'string' ? model : '', prompt: String(prompt) };
  return { ok: true, value: { ...value, aspectRatio: isWide ? '16:9' : '9:16' } };
}

/** What each model makes, by its name. */
function outputOf(model: string): ContentRequest['wants'] {
  if (/image|banana/.test(model)) return 'IMAGE';
  if (model.startsWith('lyria')) return 'SONG';
  return model.endsWith('-tts') ? 'AUDIO' : 'TEXT';
}

function voiceIn(config: Fields): unknown {
  const speech = config['speechConfig'] as Readonly<Record<string, Fields>> | undefined;
  const voice = speech?.['voiceConfig']?.['prebuiltVoiceConfig'] as Fields | undefined;
  return voice?.['voiceName'];
}

function only(fields: Fields, names: readonly string[], where: string, mistakes: string[]): void {
  const unknown = Object.keys(fields).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  mistakes.push(
    `Invalid JSON payload received. Unknown name "${unknown}"${where === '' ? '' : ` at '${where}'`}: Cannot find field.`,
  );
}

function objectIn(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function bad(message: string): { readonly ok: false; readonly reply: StandInReply } {
  return { ok: false, reply: geminiError(400, message) };
}
