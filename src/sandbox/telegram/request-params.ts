import type { IncomingMessage } from 'node:http';
import { ApiError, badRequest, tooLarge } from './api-error.ts';
import { CallParams, isObject, type UploadedFile } from './call-params.ts';
import { limits } from './limits.ts';

/** Room for the fields and separators around the one file that may be as large as the limit. */
const envelopeBytes = 2 ** 20;

/** Reads query and body (JSON, urlencoded or multipart) of one call; later ones win over earlier ones. */
export async function readParams(request: IncomingMessage, url: URL): Promise<CallParams> {
  const values = new Map<string, string>(url.searchParams);
  const body = await readBody(request);
  const type = request.headers['content-type'] ?? '';
  const files = new Map<string, UploadedFile>();
  if (body.byteLength > 0) {
    if (/^application\/json/i.test(type)) readJson(body, values);
    else if (/^application\/x-www-form-urlencoded/i.test(type)) {
      for (const [name, value] of new URLSearchParams(body.toString('utf8'))) values.set(name, value);
    } else if (/^multipart\/form-data/i.test(type)) await readForm(body, type, values, files);
  }
  return new CallParams(values, files);
}

/** A body over the limit is read to its end and thrown away, so that the refusal reaches who sends it. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= limits.uploadBytes + envelopeBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (sizeBytes > limits.uploadBytes + envelopeBytes) throw tooLarge();
  return Buffer.concat(chunks);
}

function readJson(body: Buffer, values: Map<string, string>): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest("can't parse JSON object");
  }
  if (!isObject(parsed)) throw badRequest('object expected');
  for (const [name, value] of Object.entries(parsed)) {
    if (value !== null) values.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
}

async function readForm(
  body: Buffer,
  type: string,
  values: Map<string, string>,
  files: Map<string, UploadedFile>,
): Promise<void> {
  let form: FormData;
  try {
    const headers = { 'content-type': type };
    form = await new Request('http://sandbox/', { method: 'POST', headers, body: new Uint8Array(body) }).formData();
  } catch {
    throw new ApiError(400, "Bad Request: can't parse multipart form data");
  }
  for (const [name, value] of form) {
    if (typeof value === 'string') values.set(name, value);
    else files.set(name, { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  for (const file of files.values()) if (file.bytes.byteLength > limits.uploadBytes) throw tooLarge();
}
