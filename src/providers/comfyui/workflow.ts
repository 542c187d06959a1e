import type { ImageSize, Json, ModelTraits } from '../../domain/provider.ts';

/** The kinds of results that workflows are run for. */
export const workflowKinds = ['image', 'edit', 'video'] as const;
export type WorkflowKind = (typeof workflowKinds)[number];

type Fields = { readonly [name: string]: Json };
type Node = { readonly class_type: string; readonly inputs: Fields } & Fields;

/** A graph in ComfyUI's API format, with marks where the values of a request go. */
export type Workflow = {
  readonly kind: WorkflowKind;
  readonly nodes: Readonly<Record<string, Node>>;
  /** The size of a request that names none; absent where the graph marks no size. */
  readonly size?: ImageSize;
  /** It marks where the unwanted things go. */
  readonly hasNegative: boolean;
};

/** What goes in place of the marks. */
export type WorkflowValues = {
  readonly prompt: string;
  readonly negative: string;
  readonly seed: number;
  readonly size: ImageSize | undefined;
  /** The server's name of the picture that was sent along. */
  readonly input: string;
};

type Parsed =
  | { readonly ok: true; readonly workflow: Workflow }
  | { readonly ok: false; readonly mistakes: readonly string[] };

const defaultSide = 1_024;
const sizeStep = 16;
/** `%prompt%`, and for sides with the length that they have by themselves: `%width:512%`. */
const marks = /%(prompt|negative|negative_prompt|seed|width|height|input)(?::(\d{2,5}))?%/g;

/**
 * Parses a workflow that was exported in the API format. What it makes shows in it: a marked input picture makes it an edit,
 * a node at its end that saves a video makes it a video.
 */
export function parseWorkflow(text: string): Parsed {
  const graph = graphIn(text);
  if (typeof graph === 'string') return { ok: false, mistakes: [graph] };
  const strange = Object.entries(graph).find(([, node]) => !isNode(node));
  if (strange !== undefined) {
    return { ok: false, mistakes: [`has a node "${strange[0]}" without class_type and inputs`] };
  }
  const nodes = graph as Workflow['nodes'];
  const found = findMarks(nodes);
  const has = (name: string) => found.some((mark) => mark.name === name);
  const sides = ['width', 'height'].filter((side) => found.some(({ name, isWhole }) => name === side && isWhole));
  const makesVideo = endsOf(nodes).some(({ class_type: type }) => /video|webm/i.test(type));
  const mistakes = [
    ...(has('prompt') ? [] : ['marks no place for the words: write "%prompt%" where the text of its prompt stands']),
    ...(found.some(({ name, isWhole }) => name === 'seed' && isWhole)
      ? []
      : ['marks no seed, so the same words would always make the same: write "%seed%" as the seed of its sampler']),
    ...(sides.length === 1 ? [`marks only the ${sides[0]}: write "%width%" and "%height%", or neither`] : []),
    ...(found.some(({ name, input }) => name === 'prompt' && input === 'filename_prefix')
      ? ['has "%prompt%" in a filename_prefix: names of files are not for the words of a person']
      : []),
    ...(has('input') && makesVideo
      ? ['makes a video of a picture ("%input%"), which no command asks for: a video is made of words alone']
      : []),
  ];
  if (mistakes.length > 0) return { ok: false, mistakes };
  const side = (name: string) => found.find((mark) => mark.name === name && mark.isWhole)?.own ?? defaultSide;
  return {
    ok: true,
    workflow: {
      kind: has('input') ? 'edit' : makesVideo ? 'video' : 'image',
      nodes,
      ...(sides.length === 2 ? { size: { width: side('width'), height: side('height') } } : {}),
      hasNegative: has('negative') || has('negative_prompt'),
    },
  };
}

export type Workflows = ReadonlyMap<WorkflowKind, Workflow>;

/**
 * Reads workflow files, separated by commas: one of each kind at most. A mistake names its file; a `readText` that throws is
 * one.
 */
export function readWorkflows(
  paths: string,
  readText: (path: string) => string,
): { readonly ok: true; readonly workflows: Workflows } | { readonly ok: false; readonly mistakes: readonly string[] } {
  const workflows = new Map<WorkflowKind, Workflow>();
  const mistakes: string[] = [];
  for (const path of paths.split(',').map((entry) => entry.trim())) {
    if (path === '') continue;
    const read = readWorkflow(path, readText);
    if (!read.ok) mistakes.push(...read.mistakes.map((mistake) => `${path} ${mistake}`));
    else if (workflows.has(read.workflow.kind)) {
      mistakes.push(`${path} makes the same (${read.workflow.kind}) as a file before it; name one of each kind`);
    } else workflows.set(read.workflow.kind, read.workflow);
  }
  return mistakes.length === 0 ? { ok: true, workflows } : { ok: false, mistakes };
}

function readWorkflow(path: string, readText: (path: string) => string): Parsed {
  try {
    return parseWorkflow(readText(path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { ok: false, mistakes: [`cannot be read (${code})`] };
  }
}

/** The graph with the values of a request in place of its marks; a mark alone as a number stays a number. */
export function filledNodes({ nodes }: Workflow, values: WorkflowValues): Fields {
  const { width, height } = values.size ?? {};
  const byMark: Readonly<Record<string, string | number>> = {
    prompt: values.prompt,
    negative: values.negative,
    negative_prompt: values.negative,
    seed: values.seed,
    width: width ?? defaultSide,
    height: height ?? defaultSide,
    input: values.input,
  };
  const fill = (value: Json): Json => {
    if (typeof value === 'string') {
      const [only] = value.matchAll(marks);
      if (only?.[1] !== undefined && only[0] === value) return byMark[only[1]] ?? value;
      return value.replace(marks, (mark, name: string) => String(byMark[name] ?? mark));
    }
    if (Array.isArray(value)) return (value as readonly Json[]).map(fill);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner)]));
  };
  return Object.fromEntries(
    Object.entries(nodes).map(([id, node]) => [id, { ...node, inputs: fill(node.inputs) }] as const),
  );
}

/** The options of requests that the workflow follows. */
export function traitsOfWorkflow({ size, hasNegative }: Workflow): ModelTraits {
  return { ...(size === undefined ? {} : { size: { ...size, step: sizeStep } }), seed: true, negative: hasNegative };
}

type Mark = { readonly name: string; readonly input: string; readonly isWhole: boolean; readonly own?: number };

function findMarks(nodes: Workflow['nodes']): readonly Mark[] {
  const found: Mark[] = [];
  const look = (input: string, value: Json): void => {
    if (typeof value === 'string') {
      for (const [mark, name = '', own] of value.matchAll(marks)) {
        found.push({ name, input, isWhole: mark === value, ...(own === undefined ? {} : { own: Number(own) }) });
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) look(input, inner);
    }
  };
  for (const { inputs } of Object.values(nodes)) {
    for (const [input, value] of Object.entries(inputs)) look(input, value);
  }
  return found;
}

/** The nodes whose results no other node takes. A link is `[id of a node, number of its output]`. */
function endsOf(nodes: Workflow['nodes']): readonly Node[] {
  const taken = new Set<unknown>(
    Object.values(nodes).flatMap(({ inputs }) =>
      Object.values(inputs).flatMap((value) => (Array.isArray(value) ? [value[0]] : [])),
    ),
  );
  return Object.entries(nodes).flatMap(([id, node]) => (taken.has(id) ? [] : [node]));
}

/** The nodes in a file, or what is wrong with it. */
function graphIn(text: string): Fields | string {
  let value: Json;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '')) as Json;
  } catch {
    return 'is not JSON';
  }
  if (!isFields(value)) return 'is not an object of nodes';
  if (Array.isArray(value['nodes'])) {
    return 'is in the format of the editor; export it in the API format ("Export (API)" in the menu of ComfyUI)';
  }
  // The body of a call has the nodes in its "prompt".
  const graph = isFields(value['prompt']) && !isNode(value['prompt']) ? value['prompt'] : value;
  return Object.keys(graph).length === 0 ? 'has no nodes' : graph;
}

function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNode(value: Json): value is Node {
  return isFields(value) && typeof value['class_type'] === 'string' && isFields(value['inputs']);
}
