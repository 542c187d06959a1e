import { imageSize } from '../../media/judge-file.ts';
import type { GenerationRequest, ImageSize, Json } from '../../domain/provider.ts';
import type { InputFile } from '../input-files.ts';
import { withoutLiveMarks } from '../live-marks.ts';

type Fields = Readonly<Record<string, Json>>;

/** Stands for the checkpoint that is loaded. */
const loadedModel = 'loaded-model';
/** How far a picture may get away from the one that was sent: 0 is the same, 1 another one. */
const denoising = 0.6;
/** The largest seed of the server's random numbers. */
const seeds = 4_294_967_296;

/** What is posted to `txt2img`, or with a picture to `img2img`. */
export function runBody(request: GenerationRequest, pictures: readonly InputFile[]): Fields {
  const { kind, model, prompt, negative, seed } = request;
  const size = request.size ?? (kind === 'edit' ? sizeLike(pictures[0]) : undefined);
  return {
    prompt: withoutLiveMarks(prompt),
    ...(negative === undefined ? {} : { negative_prompt: withoutLiveMarks(negative) }),
    ...(size === undefined ? {} : { width: size.width, height: size.height }),
    ...(seed === undefined ? {} : { seed: seed % seeds }),
    ...(kind === 'edit'
      ? { init_images: pictures.map(({ bytes }) => bytes.toString('base64')), denoising_strength: denoising }
      : {}),
    // The next run has the checkpoint that the operator chose again.
    ...(model === loadedModel
      ? {}
      : { override_settings: { sd_model_checkpoint: model }, override_settings_restore_afterwards: true }),
  };
}

const side = 1_024;
const step = 8;

/** The shape of a picture with about as many pixels as models draw: without a size the server makes a small square of it. */
function sizeLike(picture: InputFile | undefined): ImageSize | undefined {
  const own = picture && imageSize(picture.bytes, picture.mime);
  if (own === undefined) return undefined;
  const scale = Math.min(1, side / Math.sqrt(own.width * own.height));
  const fitted = (length: number) => Math.min(2 * side, Math.max(64, Math.round((length * scale) / step) * step));
  return { width: fitted(own.width), height: fitted(own.height) };
}
