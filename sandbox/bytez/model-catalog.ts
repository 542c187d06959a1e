export type SandboxTask =
  | 'text-to-image'
  | 'text-to-video'
  | 'text-to-audio'
  | 'text-to-speech'
  | 'text-generation'
  | 'chat';

export type SandboxModel = {
  readonly modelId: string;
  readonly task: SandboxTask;
  /** In billions of parameters. */
  readonly params: number;
  /** The frame rate of its videos. */
  readonly fps?: number;
};

/** The known models, with their figures from `list/models`. */
export const knownModels: readonly SandboxModel[] = [
  image('dreamlike-art/dreamlike-photoreal-2.0', 1.07),
  image('stabilityai/stable-diffusion-xl-base-1.0', 3.47),
  image('dreamlike-art/dreamlike-anime-1.0', 1.07),
  image('dreamlike-art/dreamlike-diffusion-1.0', 1.07),
  image('Linaqruf/animagine-xl-3.0', 3.47),
  image('IDKiro/sdxs-512-0.9', 0.44),
  image('runwayml/stable-diffusion-v1-5', 1.07),
  image('black-forest-labs/FLUX.1-schnell', 12),
  image('black-forest-labs/FLUX.1-dev', 12),
  image('black-forest-labs/FLUX.1-Krea-dev', 12),
  image('google/imagen-4.0-generate-001', 0),
  image('google/imagen-4.0-ultra-generate-001', 0),
  image('openai/dall-e-3', 0),
  video('ali-vilab/text-to-video-ms-1.7b', 1.7, 8),
  video('cerspense/zeroscope_v2_576w', 1.7, 8),
  video('Lightricks/LTX-Video-0.9.7-dev', 13, 24),
  video('camenduru/potat1', 1.7, 8),
  video('vdo/text-to-video-ms-1.7b', 1.7, 8),
  video('strangeman3107/animov-512x', 1.7, 8),
  video('vdo/animov-0.1.1', 1.7, 8),
  video('Wan-AI/Wan2.1-T2V-1.3B', 1.3, 16),
  video('openai/sora-2-pro', 0, 24),
  video('google/veo-3.0-fast-generate-001', 0, 24),
  video('google/veo-2.0-generate-001', 0, 24),
  { modelId: 'facebook/musicgen-stereo-small', task: 'text-to-audio', params: 0.59 },
  { modelId: 'facebook/musicgen-melody', task: 'text-to-audio', params: 1.5 },
  { modelId: 'suno/bark-small', task: 'text-to-speech', params: 0.42 },
  { modelId: 'suno/bark', task: 'text-to-speech', params: 1.12 },
  { modelId: 'facebook/mms-tts-eng', task: 'text-to-speech', params: 0.036 },
  { modelId: 'google/gemma-3-4b-it', task: 'chat', params: 4.3 },
  { modelId: 'Qwen/Qwen3-1.7B', task: 'chat', params: 1.7 },
  { modelId: 'Qwen/Qwen3-4B', task: 'chat', params: 4.02 },
  { modelId: 'openai-community/gpt2', task: 'text-generation', params: 0.137 },
  { modelId: 'gpt2', task: 'text-generation', params: 0.137 },
];

const diffusion = [
  'width',
  'height',
  'num_inference_steps',
  'guidance_scale',
  'negative_prompt',
  'seed',
  'num_images_per_prompt',
];
const writing = ['max_new_tokens', 'min_new_tokens', 'max_length', 'min_length', 'temperature', 'top_p', 'top_k'];

/** The parameters that the pipeline of a task accepts; any other makes the run fail. */
export const knownParams = {
  'text-to-image': new Set(diffusion),
  'text-to-video': new Set([...diffusion, 'num_frames', 'fps']),
  'text-to-audio': new Set(['max_new_tokens', 'guidance_scale', 'temperature', 'do_sample']),
  'text-to-speech': new Set(['voice_preset', 'temperature', 'do_sample']),
  'text-generation': new Set([...writing, 'do_sample', 'repetition_penalty']),
  chat: new Set([...writing, 'do_sample', 'repetition_penalty']),
} as const satisfies Record<SandboxTask, ReadonlySet<string>>;

/** The name of the pipeline in the error of Python about an unknown parameter. */
export const pipelineNames = {
  'text-to-image': 'StableDiffusionPipeline.__call__()',
  'text-to-video': 'TextToVideoSDPipeline.__call__()',
  'text-to-audio': 'TextToAudioPipeline.__call__()',
  'text-to-speech': 'TextToAudioPipeline.__call__()',
  'text-generation': 'TextGenerationPipeline.__call__()',
  chat: 'TextGenerationPipeline.__call__()',
} as const satisfies Record<SandboxTask, string>;

/** One entry of `list/models`. */
export function catalogEntry(model: SandboxModel): Readonly<Record<string, string | number>> {
  const { modelId, task, params } = model;
  const free = params <= 7;
  return {
    modelId,
    task,
    params,
    ramRequired: Math.round(params * 402) / 100,
    meter: free ? 'sm-free' : 'lg',
    meterPrice: free ? '0.000072 / sec' : '0.000216 / sec',
  };
}

function image(modelId: string, params: number): SandboxModel {
  return { modelId, task: 'text-to-image', params };
}

function video(modelId: string, params: number, fps: number): SandboxModel {
  return { modelId, task: 'text-to-video', params, fps };
}
