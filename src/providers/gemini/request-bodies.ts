import type { GenerationRequest } from '../../domain/provider.ts';
import type { InputFile } from '../input-files.ts';
import { nearestRatio } from '../picture-size.ts';

const pictureRatios = ['1:1', '2:3', '3:2', '3:4', '4:3', '9:16', '16:9', '21:9'] as const;
const videoRatios = ['16:9', '9:16'] as const;

/** One of the service's own voices. */
const voiceName = 'Kore';

type Part = { readonly text: string } | { readonly inlineData: { readonly mimeType: string; readonly data: string } };

/** The body of `:generateContent` and `:streamGenerateContent`, for pictures, edits, songs, speech and answers. */
export function contentBody(request: GenerationRequest, files: readonly InputFile[]): object {
  const text = request.prompt.toWellFormed();
  if (request.kind === 'chat') {
    const said = (request.history ?? []).map((turn) => ({
      role: turn.role === 'person' ? 'user' : 'model',
      parts: [{ text: turn.text.toWellFormed() }],
    }));
    return { contents: [...said, { role: 'user', parts: [{ text }] }] };
  }
  if (request.kind === 'speech') {
    const speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName } } };
    return { contents: turnOf([{ text }]), generationConfig: { responseModalities: ['AUDIO'], speechConfig } };
  }
  // Models of music know one output and take no settings.
  if (request.kind === 'music') return { contents: turnOf([{ text }]) };
  const pictures = files.map(({ mime, bytes }) => ({ inlineData: { mimeType: mime, data: bytes.toString('base64') } }));
  const shape =
    request.size === undefined ? {} : { imageConfig: { aspectRatio: nearestRatio(request.size, pictureRatios) } };
  return {
    contents: turnOf([{ text }, ...pictures]),
    generationConfig: { responseModalities: ['IMAGE'], ...shape },
  };
}

function turnOf(parts: readonly Part[]): readonly object[] {
  return [{ role: 'user', parts }];
}

/** The body of `:predictLongRunning`; a picture is the first frame. */
export function videoBody({ prompt, size, negative }: GenerationRequest, files: readonly InputFile[]): object {
  const [first] = files;
  const image =
    first === undefined ? {} : { image: { bytesBase64Encoded: first.bytes.toString('base64'), mimeType: first.mime } };
  const aspect = size === undefined ? {} : { aspectRatio: nearestRatio(size, videoRatios) };
  const without = negative === undefined ? {} : { negativePrompt: negative.toWellFormed() };
  return {
    instances: [{ prompt: prompt.toWellFormed(), ...image }],
    parameters: { sampleCount: 1, ...aspect, ...without },
  };
}

/** Models of this family are asked through interactions that run in the background. */
export function isOmni(model: string): boolean {
  return model.startsWith('gemini-omni');
}

/** The body of `/interactions` for a video; a picture goes along as one of its inputs. */
export function interactionBody({ model, prompt, size }: GenerationRequest, files: readonly InputFile[]): object {
  const text = { type: 'text', text: prompt.toWellFormed() };
  const pictures = files.map(({ mime, bytes }) => ({ type: 'image', mime_type: mime, data: bytes.toString('base64') }));
  const aspect = size === undefined ? {} : { aspect_ratio: nearestRatio(size, videoRatios) };
  return {
    model,
    input: [text, ...pictures],
    background: true,
    response_format: { type: 'video', delivery: 'uri', ...aspect },
  };
}
