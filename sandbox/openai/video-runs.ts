import { drawVideo } from '../drawing/draw-video.ts';
import type { StandInReply, StandInRequest } from '../http/stand-in-server.ts';
import { readFields } from './other-requests.ts';
import type { ServerShape } from './server-shape.ts';

/** The runs of videos of one server: each goes on for two questions, and is then done. */
export class VideoRuns {
  /** The words of each run, and how often it was asked about. */
  readonly #runs = new Map<string, { readonly prompt: string; times: number }>();
  readonly #shape: ServerShape;
  readonly #models: readonly string[];

  constructor(shape: ServerShape, models: readonly string[]) {
    this.#shape = shape;
    this.#models = models;
  }

  /** Takes a run on, unless `bill` is what the account is answered instead; notes in the call what was asked for. */
  submit(asked: StandInRequest, call: object, bill: () => StandInReply | undefined): StandInReply {
    const { videos, error } = this.#shape;
    if (videos === undefined) return error(404, 'Not found');
    const read = readFields(asked.body, ['model', 'prompt', ...videos.fields], this.#models, this.#shape);
    if (!read.ok) return read.reply;
    const prompt = read.value.get('prompt');
    if (typeof prompt !== 'string' || prompt === '') return error(400, "Invalid value for 'prompt'.");
    Object.assign(call, { model: String(read.value.get('model')), prompt });
    const refused = bill();
    if (refused !== undefined) return refused;
    const id = `run-${this.#runs.size + 1}`;
    this.#runs.set(id, { prompt, times: 0 });
    return videos.submitted(id);
  }

  /** How a run stands, or its file. */
  async status({ path, root }: StandInRequest): Promise<StandInReply> {
    const { videos, error } = this.#shape;
    const isFile = videos?.contentPath !== undefined && path.endsWith(videos.contentPath);
    const runPath = isFile ? path.slice(0, -videos.contentPath.length) : path;
    const id = runPath.slice(runPath.lastIndexOf('/') + 1);
    const run = this.#runs.get(id);
    if (run === undefined || videos === undefined) return error(404, 'Not found');
    if (isFile) return run.times > 2 ? mp4Reply(run.prompt) : error(400, `Video generation is not completed: ${id}`);
    run.times += 1;
    if (run.times <= 2) return videos.running(id);
    const { contentPath } = videos;
    return videos.done(id, contentPath === undefined ? `${root}/pictures/${id}.mp4` : `${root}${path}${contentPath}`);
  }
}

/** A clip that is asked for by its words in the path: `GET /image/{words}?model=…`. */
export async function clipReply(
  { path, query }: StandInRequest,
  call: object,
  { clips, error }: ServerShape,
  bill: () => StandInReply | undefined,
): Promise<StandInReply> {
  const model = query.get('model') ?? '';
  if (clips === undefined || !clips.models.includes(model)) return error(404, `Model not found: ${model}`);
  const unknown = [...query.keys()].find((name) => name !== 'model' && !clips.fields.includes(name));
  if (unknown !== undefined) return error(400, `Unrecognized key: "${unknown}"`);
  const ratio = query.get('aspectRatio');
  if (ratio !== null && !clips.ratios.includes(ratio)) return error(400, 'Invalid option for "aspectRatio"');
  const prompt = decodeURIComponent(path.slice(clips.path.length));
  if (prompt === '') return error(400, 'Too small: expected string to have >=1 characters');
  Object.assign(call, { model, prompt });
  return bill() ?? mp4Reply(prompt);
}

async function mp4Reply(prompt: string): Promise<StandInReply> {
  const body = await drawVideo({ prompt, width: 160, height: 96, seconds: 1 });
  return { kind: 'reply', status: 200, headers: { 'content-type': 'video/mp4' }, body };
}
