import { jsonReply, type StandInReply } from '../http/stand-in-server.ts';
import type { ErrorFacts } from './image-request.ts';
import { modelList, openAiShape, plainError, type ServerShape } from './server-shape.ts';

/** What the servers below have in common beside OpenAI. */
const plain: ServerShape = {
  routes: { models: '/v1/models' },
  pictureFields: [],
  editsAs: 'files',
  speechFields: ['voice'],
  chatFields: ['stream_options'],
  error: plainError,
  spent: plainError(402, 'Insufficient balance'),
  cost: {},
  keepAlive: '',
  models: modelList,
};

function xaiError(status: number, message: string): StandInReply {
  return jsonReply(status, { code: 'Client specified an invalid argument', error: message });
}

const xaiVoices: ReadonlySet<unknown> = new Set(['ara', 'eve', 'leo', 'rex', 'sal']);
const xaiCodecs: ReadonlySet<unknown> = new Set(['mp3', 'wav', 'pcm', 'mulaw', 'alaw']);

/** `{text, voice_id, language, output_format: {codec}}`: words of at most 15,000 characters, in a language or `auto`. */
function xaiSpeech(fields: ReadonlyMap<string, unknown>): { readonly wrong: string } | { readonly words: string } {
  const known = ['text', 'voice_id', 'language', 'output_format', 'speed', 'optimize_streaming_latency'];
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) return { wrong: `unknown field \`${unknown}\`` };
  const [words, voice = 'eve', language, format = { codec: 'mp3' }] = known.map((name) => fields.get(name));
  if (typeof words !== 'string' || words === '' || words.length > 15_000) return { wrong: 'invalid `text`' };
  if (typeof language !== 'string') return { wrong: 'missing field `language`' };
  if (!xaiVoices.has(voice)) return { wrong: `voice not found: ${String(voice)}` };
  const codec = typeof format === 'object' && format !== null && 'codec' in format ? format.codec : undefined;
  return xaiCodecs.has(codec) ? { words } : { wrong: 'invalid `output_format`' };
}

const xai: ServerShape = {
  ...plain,
  routes: {
    images: '/v1/images/generations',
    edits: '/v1/images/edits',
    speech: '/v1/tts',
    chat: '/v1/chat/completions',
    models: '/v1/models',
  },
  pictureFields: ['n', 'aspect_ratio', 'resolution', 'response_format'],
  editsAs: 'image',
  speechForm: xaiSpeech,
  error: xaiError,
  videos: {
    path: '/v1/videos/generations',
    statusPath: '/v1/videos/',
    fields: ['duration', 'aspect_ratio', 'resolution', 'image'],
    submitted: (id) => jsonReply(200, { request_id: id }),
    // Without a word.
    running: () => ({ kind: 'reply', status: 202, headers: {}, body: '' }),
    done: (_id, url) => jsonReply(200, { status: 'done', video: { url, duration: 6, respect_moderation: true } }),
  },
  spent: xaiError(403, 'Your team has either used all available credits or reached its monthly spending limit.'),
  cost: { cost_in_usd_ticks: 200_000_000 },
};

const together: ServerShape = {
  ...plain,
  routes: {
    images: '/v1/images/generations',
    edits: '/v1/images/generations',
    speech: '/v1/audio/speech',
    chat: '/v1/chat/completions',
    models: '/v1/models',
  },
  pictureFields: ['n', 'width', 'height', 'steps', 'seed', 'response_format'],
  editsAs: 'image_url',
  voicesOf: (model) => (model.includes('orpheus') ? ['tara'] : ['af_heart', 'af_alloy']),
  videos: {
    path: '/v2/videos',
    statusPath: '/v2/videos/',
    fields: ['seconds', 'width', 'height'],
    submitted: (id) => jsonReply(200, { id, status: 'in_progress' }),
    running: (id) => jsonReply(200, { id, status: 'in_progress' }),
    done: (id, url) =>
      jsonReply(200, { id, status: 'completed', outputs: { video_url: url, cost: 0.14 }, error: null }),
  },
  spent: plainError(402, 'Credit limit exceeded, please add credits.', { type: 'credit_limit' }),
  // A list without an envelope.
  models: (ids) => ids.map((id) => ({ id, object: 'model' })),
};

function openrouterError(status: number, message: string): StandInReply {
  return jsonReply(status, { error: { code: status, message }, user_id: 'user_1' });
}

const openrouter: ServerShape = {
  ...plain,
  routes: {
    images: '/api/v1/images',
    edits: '/api/v1/images',
    speech: '/api/v1/audio/speech',
    chat: '/api/v1/chat/completions',
    models: '/api/v1/key',
  },
  pictureFields: ['n', 'aspect_ratio', 'resolution', 'size', 'quality', 'seed', 'output_format'],
  editsAs: 'input_references',
  chatFields: ['usage'],
  videos: {
    path: '/api/v1/videos',
    statusPath: '/api/v1/videos/',
    fields: ['aspect_ratio', 'duration', 'resolution', 'size', 'seed', 'generate_audio', 'frame_images'],
    submitted: (id) => jsonReply(202, { id, polling_url: `/api/v1/videos/${id}`, status: 'pending' }),
    running: (id) => jsonReply(200, { id, polling_url: `/api/v1/videos/${id}`, status: 'in_progress' }),
    done: (id, url) =>
      jsonReply(200, {
        id,
        generation_id: `gen-${id}`,
        polling_url: `/api/v1/videos/${id}`,
        status: 'completed',
        unsigned_urls: [url],
        usage: { cost: 0.2, is_byok: false },
      }),
    contentPath: '/content',
  },
  error: openrouterError,
  spent: openrouterError(403, 'Key limit exceeded (total limit).'),
  cost: { cost: 0.04 },
  keepAlive: ': OPENROUTER PROCESSING\n\n',
  models: () => ({ data: { label: 'sk-or-v1-…', usage: 1.25, limit: 5, limit_remaining: 3.75, is_free_tier: false } }),
};

const pollinationsCodes: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  402: 'PAYMENT_REQUIRED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
};

function pollinationsError(status: number, message: string): StandInReply {
  return jsonReply(status, { success: false, error: { message, code: pollinationsCodes[status] }, status });
}

const pollinations: ServerShape = {
  ...plain,
  routes: {
    images: '/v1/images/generations',
    edits: '/v1/images/edits',
    speech: '/v1/audio/speech',
    chat: '/v1/chat/completions',
    models: '/account/balance',
  },
  pictureFields: ['n', 'size', 'response_format'],
  songs: { models: ['elevenmusic'], fields: ['duration', 'instrumental'] },
  clips: {
    path: '/image/',
    models: ['wan', 'seedance', 'veo'],
    fields: ['duration', 'aspectRatio', 'audio', 'seed', 'width', 'height', 'nologo', 'private', 'safe'],
    ratios: ['16:9', '9:16'],
  },
  error: pollinationsError,
  spent: pollinationsError(402, 'Insufficient pollen balance to use this model.'),
  models: () => ({ balance: 0.25 }),
};

const deepseek: ServerShape = {
  ...plain,
  routes: { chat: '/chat/completions', models: '/models', balance: '/user/balance' },
  keepAlive: '\n: keep-alive\n\n',
  balance: { is_available: true, balance_infos: [{ currency: 'USD', total_balance: '1.10' }] },
};

function mistralError(status: number, message: string, { param = null }: ErrorFacts = {}): StandInReply {
  return jsonReply(status, { object: 'error', message, type: 'invalid_request_error', param, code: null });
}

const mistral: ServerShape = {
  ...plain,
  routes: { speech: '/v1/audio/speech', chat: '/v1/chat/completions', models: '/v1/models' },
  speechFields: ['voice_id'],
  chatFields: [],
  isSpeechJson: true,
  error: mistralError,
  spent: mistralError(402, 'Your account has insufficient credits.'),
};

/** Servers that speak like OpenAI, by the name of their provider. */
export const serverShapes = {
  openai: openAiShape,
  xai,
  together,
  openrouter,
  pollinations,
  deepseek,
  mistral,
} as const satisfies Readonly<Record<string, ServerShape>>;
