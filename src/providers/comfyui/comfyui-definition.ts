import type { ModelTraits } from '../../domain/provider.ts';
import type { ModelDefinition, ProviderDefinition } from '../provider-definition.ts';
import { comfyuiFailures } from './failure-table.ts';
import { readWorkflows, traitsOfWorkflow, type WorkflowKind, workflowKinds, type Workflows } from './workflow.ts';

const traits: ModelTraits = { size: { width: 1_024, height: 1_024, step: 16 }, seed: true, negative: true };

/** What the workflow of a kind is called where nobody has named it. */
const ownNames: Readonly<Record<WorkflowKind, string>> = {
  image: 'picture-workflow',
  edit: 'edit-workflow',
  video: 'video-workflow',
};

/** The largest that `randomInt` takes; the server's go to 2^64. */
const seeds = 2 ** 48 - 1;

/** A ComfyUI of the operator's own, with workflows of the operator's own: it makes what they make. */
export const comfyuiDefinition: ProviderDefinition = {
  name: 'comfyui',
  prefixes: ['COMFYUI'],
  baseUrl: '',
  exampleUrl: 'http://127.0.0.1:8188',
  keyless: 'with-base-url',
  requires: {
    WORKFLOW_FILE: {
      fits: /\S/,
      is: 'a workflow in the API format of ComfyUI, or several of different kinds with commas between them',
      meaning: 'required with `COMFYUI_BASE_URL`',
      example: 'docs/comfyui/picture.json,docs/comfyui/edit.json,docs/comfyui/video.json',
    },
  },
  seatsPerKey: 1,
  models: workflowKinds.map((kind) => modelOf(kind, traits)),
  /** A name of the operator's own: the workflow says which model is used. */
  modelNames: /^[A-Za-z0-9][\w.+()[\] /:-]{0,150}$/,
  otherModels: traits,
  chains: { image: [ownNames.image], edit: [ownNames.edit], video: [ownNames.video] },
  withFiles: ({ WORKFLOW_FILE: paths = '' }, readText) => {
    const read = readWorkflows(paths, readText);
    if (!read.ok) return { ok: false, mistakes: read.mistakes.map((mistake) => `COMFYUI_WORKFLOW_FILE ${mistake}`) };
    return { ok: true, definition: definitionWith(read.workflows) };
  },
  adapter: {
    failures: comfyuiFailures,
    load: async () => {
      const [{ createComfyuiProvider }, { readFileSync }, { randomInt, randomUUID }] = await Promise.all([
        import('./comfyui-provider.ts'),
        import('node:fs'),
        import('node:crypto'),
      ]);
      return ({ baseUrl, http, clock, required = {} }) => {
        const read = readWorkflows(required['WORKFLOW_FILE'] ?? '', (path) => readFileSync(path, 'utf8'));
        return createComfyuiProvider({
          baseUrl,
          http,
          now: () => clock.now(),
          workflows: read.ok ? read.workflows : new Map(),
          newId: randomUUID,
          newSeed: () => randomInt(seeds),
        });
      };
    },
  },
};

/** Its models and their options are those of the workflows. */
function definitionWith(workflows: Workflows): ProviderDefinition {
  const kinds = [...workflows.keys()];
  const all = [...workflows.values()].map(traitsOfWorkflow);
  const sizes = all.flatMap(({ size }) => size ?? []);
  const [size] = sizes.length === all.length ? sizes : [];
  return {
    ...comfyuiDefinition,
    models: [...workflows].map(([kind, workflow]) => modelOf(kind, traitsOfWorkflow(workflow))),
    // A name of the operator's own may stand for any of them.
    otherModels: { ...(size === undefined ? {} : { size }), seed: true, negative: all.every((one) => one.negative) },
    chains: Object.fromEntries(kinds.map((kind) => [kind, [ownNames[kind]]])),
  };
}

function modelOf(kind: WorkflowKind, own: ModelTraits): ModelDefinition {
  return { model: ownNames[kind], kind, traits: own, label: 'ComfyUI' };
}
