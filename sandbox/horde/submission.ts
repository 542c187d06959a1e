import { z } from 'zod';
import { jsonReply, type StandInReply } from '../http/stand-in-server.ts';

const side = z
  .int()
  .min(64)
  .max(3_072)
  .refine((pixels) => pixels % 64 === 0, 'is not a multiple of 64');

const schema = z.looseObject({
  prompt: z.string().min(1),
  params: z
    .looseObject({
      width: side.default(512),
      height: side.default(512),
      steps: z.int().min(1).max(500).default(30),
      n: z.int().min(1).max(20).default(1),
      seed: z.string().optional(),
      denoising_strength: z.number().min(0.01).max(1).optional(),
      sampler_name: z.enum(['k_lms', 'k_euler', 'k_euler_a', 'k_heun', 'k_dpmpp_2m', 'DDIM']).default('k_euler_a'),
    })
    .prefault({}),
  models: z.array(z.string()).default([]),
  source_image: z
    .string()
    .regex(/^[A-Za-z0-9+/]+={0,2}$/)
    .optional(),
  source_processing: z.enum(['img2img', 'inpainting', 'outpainting', 'remix']).default('img2img'),
  nsfw: z.boolean().default(false),
  censor_nsfw: z.boolean().default(true),
  r2: z.boolean().default(true),
});

export type Submission = z.output<typeof schema> & {
  /** The words before and after the first ` ### `. */
  readonly positive: string;
  readonly negative: string;
};

type ParsedSubmission =
  | { readonly ok: true; readonly value: Submission }
  | { readonly ok: false; readonly reply: StandInReply };

/** Parses the body of a submission; one that is wrong gets the answer of the Horde's own validation. */
export function parseSubmission(body: string): ParsedSubmission {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { ok: false, reply: jsonReply(400, { message: 'Failed to decode JSON object' }) };
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const errors = Object.fromEntries(parsed.error.issues.map(({ path, message }) => [path.join('.'), message]));
    return { ok: false, reply: jsonReply(400, { errors, message: 'Input payload validation failed' }) };
  }
  const { prompt, source_image: picture } = parsed.data;
  if (picture !== undefined && Buffer.from(picture, 'base64').byteLength < 8) {
    return { ok: false, reply: refusal(400, 'ImageValidationFailed') };
  }
  const at = prompt.indexOf('###');
  const [positive, negative] = at < 0 ? [prompt, ''] : [prompt.slice(0, at), prompt.slice(at + 3)];
  if (positive.trim() === '') return { ok: false, reply: refusal(400, 'MissingPrompt') };
  return { ok: true, value: { ...parsed.data, positive: positive.trim(), negative: negative.trim() } };
}

const messages = {
  ImageValidationFailed:
    'Something went wrong when opening image. Please ensure the source image payload for img2img is a valid base64 encoded image.',
  MissingPrompt: 'You cannot specify an empty prompt.',
  CorruptPrompt:
    'This prompt appears to violate our terms of service and will be reported. Please contact us if you think this is an error.',
  InvalidAPIKey: 'No user matching sent API Key. Have you remembered to register at https://stablehorde.net/register ?',
  UserNotFound: 'No user matching sent API Key. Have you remembered to register at https://stablehorde.net/register ?',
  TooManyPrompts: 'Parallel requests exceeded user limit. Please wait until some of them have finished.',
  KudosUpfront:
    'Due to heavy demand, for requests over 576x576 or over 50 steps, the client needs to already have the required kudos.',
  MaintenanceMode: 'Cannot perform this action while the Horde is in maintenance mode. Please try again later.',
  AnonForbidden: 'Anonymous user is forbidden from performing this operation',
  TimeoutIP: 'Due to abuse prevention, your IP address has been put into timeout for 300 more seconds.',
  RequestNotFound: 'Request with this ID not found.',
} as const;

/** An error in the format of the Horde. */
export function refusal(status: number, rc: keyof typeof messages): StandInReply {
  return jsonReply(status, { message: messages[rc], rc });
}

/** The answer when the header with the key is missing. */
export const noKeyHeader = jsonReply(400, {
  errors: { apikey: 'A User API key Missing required parameter in the HTTP headers' },
  message: 'Input payload validation failed',
});
