import { jsonReply, type StandInReply } from '../http/stand-in-server.ts';
import { objectOf, type Read, readFields } from './other-requests.ts';
import type { ServerShape } from './server-shape.ts';

type Spoken = { readonly model?: string; readonly prompt: string; readonly format?: string };

/** Reads a request for speech, or for a song where the route makes those, too. */
export function readSpeech(body: string, models: readonly string[], shape: ServerShape): Read<Spoken> {
  const { error, speechForm, songs, voicesOf } = shape;
  const refused = (message: string, param: string | null = null) =>
    ({ ok: false, reply: error(400, message, { param }) }) as const;
  if (speechForm !== undefined) {
    const fields = objectOf(body);
    if (fields === undefined) return refused('We could not parse the JSON body of your request.');
    const checked = speechForm(fields);
    return 'wrong' in checked ? refused(checked.wrong) : { ok: true, value: { prompt: checked.words } };
  }
  const isSong = songs?.models.includes(String(objectOf(body)?.get('model'))) === true;
  const needed = isSong ? [] : shape.speechFields;
  const known = ['model', 'input', 'response_format', ...needed, ...(isSong ? (songs?.fields ?? []) : [])];
  const read = readFields(body, known, models, shape);
  if (!read.ok) return read;
  const missing = needed.find((name) => typeof read.value.get(name) !== 'string');
  if (missing !== undefined) return refused(`Missing required parameter: '${missing}'.`, missing);
  const [model, input, voice] = ['model', 'input', 'voice'].map((name) => {
    const value = read.value.get(name);
    return typeof value === 'string' ? value : '';
  });
  if (input === undefined || input === '') return refused("Missing required parameter: 'input'.");
  const voices = voicesOf?.(model ?? '');
  if (voices !== undefined && !voices.includes(voice ?? '')) return refused(`Invalid voice: ${voice}.`, 'voice');
  const format = read.value.get('response_format');
  const asked = typeof format === 'string' ? { format } : {};
  return { ok: true, value: { model: model ?? '', prompt: input, ...asked } };
}

/** A sound in the form in which the server sends it: bytes, or base64 in JSON. */
export function soundReply({ isSpeechJson }: ServerShape, format?: string): StandInReply {
  if (format === 'wav')
    return { kind: 'reply', status: 200, headers: { 'content-type': 'audio/wav' }, body: shortWav() };
  const sound = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'), Buffer.alloc(4_170, silentFrame)]);
  return isSpeechJson === true
    ? jsonReply(200, { audio_data: sound.toString('base64') })
    : { kind: 'reply', status: 200, headers: { 'content-type': 'audio/mpeg' }, body: sound };
}

/** Half a second of silence as OpenAI's WAV has it: 24 kHz, 16 bits, one channel, its length left open as in a stream. */
function shortWav(): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF\xff\xff\xff\xffWAVEfmt ', 0, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(24_000, 24);
  head.writeUInt32LE(48_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data\xff\xff\xff\xff', 36, 'latin1');
  return Buffer.concat([head, Buffer.alloc(24_000)]);
}

/** Frames of MPEG sound begin so; what follows is silence. */
const silentFrame = Buffer.from([0xff, 0xfb, 0x90, 0x00, ...Array.from({ length: 413 }, () => 0)]);
