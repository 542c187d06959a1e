/** An input of a node: a number or text of these bounds, one of these files, or the result of another node. */
type InputRule =
  | { readonly is: 'int' | 'float'; readonly min: number; readonly max: number }
  | { readonly is: 'text' }
  | { readonly is: 'one-of'; readonly values: readonly string[] }
  /** A file of the input folder. */
  | { readonly is: 'input-file' }
  | { readonly is: 'link'; readonly type: string };

type NodeRule = {
  readonly inputs: Readonly<Record<string, InputRule>>;
  readonly outputs: readonly string[];
  /** It ends a graph: what it saves, and whether for good. */
  readonly saves?: {
    readonly as: 'images' | 'gifs';
    readonly type: 'output' | 'temp';
    readonly makes: 'picture' | 'video';
  };
};

export type GraphFiles = { readonly checkpoints: readonly string[]; readonly uploads: ReadonlySet<string> };

const int = (min: number, max: number): InputRule => ({ is: 'int', min, max });
const float = (min: number, max: number): InputRule => ({ is: 'float', min, max });
const text: InputRule = { is: 'text' };
const oneOf = (...values: readonly string[]): InputRule => ({ is: 'one-of', values });
const link = (type: string): InputRule => ({ is: 'link', type });
const side = int(16, 16_384);
const largestSeed = 2 ** 64;

/** The nodes that are installed. */
function nodeRules({ checkpoints }: GraphFiles): Readonly<Record<string, NodeRule>> {
  return {
    CheckpointLoaderSimple: { inputs: { ckpt_name: oneOf(...checkpoints) }, outputs: ['MODEL', 'CLIP', 'VAE'] },
    UNETLoader: {
      inputs: { unet_name: oneOf('wan2.1_t2v_1.3B_fp16.safetensors'), weight_dtype: oneOf('default', 'fp8_e4m3fn') },
      outputs: ['MODEL'],
    },
    CLIPLoader: {
      inputs: { clip_name: oneOf('umt5_xxl_fp8_e4m3fn_scaled.safetensors'), type: oneOf('wan', 'flux2') },
      outputs: ['CLIP'],
    },
    VAELoader: { inputs: { vae_name: oneOf('wan_2.1_vae.safetensors') }, outputs: ['VAE'] },
    CLIPTextEncode: { inputs: { text, clip: link('CLIP') }, outputs: ['CONDITIONING'] },
    EmptyLatentImage: { inputs: { width: side, height: side, batch_size: int(1, 4_096) }, outputs: ['LATENT'] },
    EmptyHunyuanLatentVideo: {
      inputs: { width: side, height: side, length: int(1, 16_384), batch_size: int(1, 4_096) },
      outputs: ['LATENT'],
    },
    LoadImage: { inputs: { image: { is: 'input-file' } }, outputs: ['IMAGE', 'MASK'] },
    ImageScaleToTotalPixels: {
      inputs: { image: link('IMAGE'), upscale_method: oneOf('lanczos', 'area'), megapixels: float(0.01, 16) },
      outputs: ['IMAGE'],
    },
    VAEEncode: { inputs: { pixels: link('IMAGE'), vae: link('VAE') }, outputs: ['LATENT'] },
    KSampler: {
      inputs: {
        seed: int(0, largestSeed),
        steps: int(1, 10_000),
        cfg: float(0, 100),
        sampler_name: oneOf('euler', 'euler_ancestral', 'uni_pc'),
        scheduler: oneOf('normal', 'karras', 'simple'),
        denoise: float(0, 1),
        model: link('MODEL'),
        positive: link('CONDITIONING'),
        negative: link('CONDITIONING'),
        latent_image: link('LATENT'),
      },
      outputs: ['LATENT'],
    },
    VAEDecode: { inputs: { samples: link('LATENT'), vae: link('VAE') }, outputs: ['IMAGE'] },
    CreateVideo: { inputs: { images: link('IMAGE'), fps: float(1, 120) }, outputs: ['VIDEO'] },
    SaveImage: {
      inputs: { images: link('IMAGE'), filename_prefix: text },
      outputs: [],
      saves: { as: 'images', type: 'output', makes: 'picture' },
    },
    PreviewImage: {
      inputs: { images: link('IMAGE') },
      outputs: [],
      saves: { as: 'images', type: 'temp', makes: 'picture' },
    },
    SaveVideo: {
      inputs: {
        video: link('VIDEO'),
        filename_prefix: text,
        format: oneOf('auto', 'mp4'),
        codec: oneOf('auto', 'h264'),
      },
      outputs: [],
      saves: { as: 'images', type: 'output', makes: 'video' },
    },
  };
}

type NodeError = { readonly type: string; readonly message: string; readonly details: string };

export type CheckedGraph =
  | {
      readonly ok: true;
      /** Every text of its nodes, one a line. */
      readonly words: string;
      readonly seed: number;
      readonly size: { readonly width: number; readonly height: number };
      readonly ends: readonly (NonNullable<NodeRule['saves']> & { readonly id: string })[];
    }
  | { readonly ok: false; readonly error: NodeError; readonly nodeErrors: Readonly<Record<string, object>> };

/** Checks a graph as the server does before it takes it. */
export function checkGraph(graph: unknown, files: GraphFiles): CheckedGraph {
  const rules = nodeRules(files);
  const nodes = isRecord(graph) ? graph : {};
  const nodeErrors: Record<string, object> = {};
  const ends: { id: string; as: 'images' | 'gifs'; type: 'output' | 'temp'; makes: 'picture' | 'video' }[] = [];
  const words: string[] = [];
  let seed = 0;
  const size = { width: 512, height: 512 };
  for (const [id, node] of Object.entries(nodes)) {
    const type = isRecord(node) ? node['class_type'] : undefined;
    if (typeof type !== 'string') {
      return refused(
        'invalid_prompt',
        'Cannot execute because a node is missing the class_type property.',
        `Node ID '#${id}'`,
      );
    }
    const rule = rules[type];
    if (rule === undefined) return refused('missing_node_type', `Node '${type}' not found.`, `Node ID '#${id}'`);
    const inputs = isRecord(node) && isRecord(node['inputs']) ? node['inputs'] : {};
    const errors = Object.entries(rule.inputs).flatMap(([name, needed]) => {
      const value = inputs[name];
      return value === undefined
        ? [{ type: 'required_input_missing', message: 'Required input is missing', details: name }]
        : inputErrors(name, value, needed, nodes, rules, files);
    });
    if (errors.length > 0) nodeErrors[id] = { errors, dependent_outputs: [], class_type: type };
    if (rule.saves !== undefined) ends.push({ id, ...rule.saves });
    if (type === 'CLIPTextEncode') words.push(String(inputs['text']));
    if (typeof inputs['seed'] === 'number') ({ seed } = inputs as { seed: number });
    for (const name of ['width', 'height'] as const) if (typeof inputs[name] === 'number') size[name] = inputs[name];
  }
  if (ends.length === 0) return refused('prompt_no_outputs', 'Prompt has no outputs', '');
  if (Object.keys(nodeErrors).length > 0) {
    return { ...refused('prompt_outputs_failed_validation', 'Prompt outputs failed validation', ''), nodeErrors };
  }
  return { ok: true, words: words.join('\n'), seed, size, ends };
}

function inputErrors(
  name: string,
  value: unknown,
  rule: InputRule,
  nodes: Readonly<Record<string, unknown>>,
  rules: Readonly<Record<string, NodeRule>>,
  { uploads }: GraphFiles,
): readonly NodeError[] {
  const error = (type: string, message: string, details: string) => [{ type, message, details }];
  if (rule.is === 'link') {
    if (!Array.isArray(value) || value.length !== 2) {
      return error('bad_linked_input', 'Bad linked input, must be a length-2 list of [node_id, slot_index]', name);
    }
    const [id, slot] = value as readonly unknown[];
    const from = nodes[String(id)];
    const given = isRecord(from) ? rules[String(from['class_type'])]?.outputs[Number(slot)] : undefined;
    const details = `${name}, received_type(${given}) mismatch input_type(${rule.type})`;
    return given === rule.type
      ? []
      : error('return_type_mismatch', 'Return type mismatch between linked nodes', details);
  }
  if (rule.is === 'text') return typeof value === 'string' ? [] : error('invalid_input_type', 'Not a text', name);
  if (rule.is === 'input-file') {
    const details = `image - Invalid image file: ${String(value)}`;
    return uploads.has(String(value))
      ? []
      : error('custom_validation_failed', 'Custom validation failed for node', details);
  }
  if (rule.is === 'one-of') {
    const details = `${name}: '${String(value)}' not in ${JSON.stringify(rule.values)}`;
    return rule.values.includes(String(value)) ? [] : error('value_not_in_list', 'Value not in list', details);
  }
  const number = typeof value === 'number' || (typeof value === 'string' && value !== '') ? Number(value) : Number.NaN;
  if (Number.isNaN(number) || (rule.is === 'int' && !Number.isInteger(number))) {
    const message = `Failed to convert an input value to a ${rule.is.toUpperCase()} value`;
    return error('invalid_input_type', message, `${name}, ${String(value)}`);
  }
  if (number < rule.min)
    return error('value_smaller_than_min', `Value ${number} smaller than min of ${rule.min}`, name);
  if (number > rule.max) return error('value_bigger_than_max', `Value ${number} bigger than max of ${rule.max}`, name);
  return [];
}

function refused(type: string, message: string, details: string) {
  return { ok: false, error: { type, message, details }, nodeErrors: {} } as const;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
