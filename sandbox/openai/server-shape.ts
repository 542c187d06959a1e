import { jsonReply, type StandInReply } from '../http/stand-in-server.ts';
import { type ErrorFacts, openAiError } from './image-request.ts';

/** What `/chat/completions` takes of OpenAI besides the model, the messages and `stream`. */
const openAiChatFields = [
  'stream_options',
  'temperature',
  'max_tokens',
  'max_completion_tokens',
  'n',
  'user',
  'tools',
  'tool_choice',
  'response_format',
] as const;

/** What the stand-in imitates: one server that speaks OpenAI's language in its own way. */
export type ServerShape = {
  /** Whole paths; a route that is absent is answered as unknown. */
  readonly routes: Readonly<
    Partial<Record<'images' | 'edits' | 'speech' | 'chat' | 'responses' | 'balance', string>>
  > & {
    readonly models: string;
  };
  /** The fields of a request for pictures besides model and prompt; `openai` checks them as OpenAI does. */
  readonly pictureFields: 'openai' | readonly string[];
  readonly editsAs: 'files' | 'image' | 'input_references' | 'image_url';
  /** Fields that a request for speech needs besides model and input. */
  readonly speechFields: readonly string[];
  /** The voices that a model of speech has, where the server checks them. */
  readonly voicesOf?: (model: string) => readonly string[];
  /** Models on the route of speech that make songs, and the fields that they take besides model and input. */
  readonly songs?: { readonly models: readonly string[]; readonly fields: readonly string[] };
  /** A route of speech with field names of its own, which knows no models: what is wrong with a body, and its words. */
  readonly speechForm?: (
    fields: ReadonlyMap<string, unknown>,
  ) => { readonly wrong: string } | { readonly words: string };
  /** A stream ends with the usage only where that was asked for. */
  readonly countsWhenAsked?: true;
  readonly chatFields: readonly string[];
  readonly error: (status: number, message: string, facts?: ErrorFacts) => StandInReply;
  /** What a call of an account without money is answered. */
  readonly spent: StandInReply;
  /** Joined to the `usage` of every answer. */
  readonly cost: object;
  /** Sent before the first piece of a streamed answer. */
  readonly keepAlive: string;
  readonly models: (ids: readonly string[]) => object;
  readonly balance?: object;
  /** Runs of videos: how a submission, a run that goes on and one that is done are answered. */
  readonly videos?: {
    readonly path: string;
    readonly statusPath: string;
    readonly fields: readonly string[];
    readonly submitted: (id: string) => StandInReply;
    readonly running: (id: string) => StandInReply;
    readonly done: (id: string, url: string) => StandInReply;
    /** Follows the path of a run where the file is served, to its key alone. */
    readonly contentPath?: string;
  };
  /** Videos that are asked for by their words in the path, and answered at once. */
  readonly clips?: {
    readonly path: string;
    readonly models: readonly string[];
    readonly fields: readonly string[];
    readonly ratios: readonly string[];
  };
  /** A sound as base64 in JSON instead of bytes. */
  readonly isSpeechJson?: true;
};

const gptSpent = 'You exceeded your current quota, please check your plan and billing details.';

export function modelList(ids: readonly string[]): object {
  const data = ids.map((id) => ({ id, object: 'model', created: 1_686_935_002, owned_by: 'system' }));
  return { object: 'list', data };
}

export const openAiShape: ServerShape = {
  routes: {
    images: '/v1/images/generations',
    edits: '/v1/images/edits',
    speech: '/v1/audio/speech',
    chat: '/v1/chat/completions',
    responses: '/v1/responses',
    models: '/v1/models',
  },
  pictureFields: 'openai',
  editsAs: 'files',
  speechFields: ['voice'],
  chatFields: openAiChatFields,
  countsWhenAsked: true,
  error: openAiError,
  spent: openAiError(429, gptSpent, { type: 'insufficient_quota', code: 'insufficient_quota' }),
  cost: {},
  keepAlive: '',
  models: modelList,
};

/** A server of one's own: it takes what OpenAI's older models took, and more. */
export const ownServerShape: ServerShape = {
  ...openAiShape,
  pictureFields: ['n', 'size', 'response_format', 'seed', 'negative_prompt'],
};

/** The shapes of other servers say their errors as OpenAI does, without its codes. */
export function plainError(status: number, message: string, { type = 'invalid_request_error' }: ErrorFacts = {}) {
  return jsonReply(status, { error: { message, type, param: null, code: null } });
}
