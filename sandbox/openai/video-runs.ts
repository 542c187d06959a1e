import type { StandInReply, StandInRequest } from '../http/stand-in-server.ts';
import { readFields } from './other-requests.ts';
import type { ServerShape } from './server-shape.ts';

/** The runs of videos of one server: each goes on for two questions, and is then done. */
export class VideoRuns {
  /** How often each run was asked about. */
  readonly #asked = new Map<string, number>();
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
    const id = `run-${this.#asked.size + 1}`;
    this.#asked.set(id, 0);
    return videos.submitted(id);
  }

  status({ path, root }: StandInRequest): StandInReply {
    const { videos, error } = this.#shape;
    const id = path.slice(path.lastIndexOf('/') + 1);
    const times = this.#asked.get(id);
    if (times === undefined || videos === undefined) return error(404, 'Not found');
    this.#asked.set(id, times + 1);
    return times < 2 ? videos.running(id) : videos.done(id, `${root}/pictures/${id}.mp4`);
  }
}
