import { createHash } from 'node:crypto';

/** One field of a form: words, or a file. */
export type FormPart =
  | { readonly name: string; readonly text: string }
  | { readonly name: string; readonly bytes: Uint8Array; readonly mime: string; readonly fileName: string };

/**
 * Writes a form as `multipart/form-data` (RFC 7578). The boundary is a digest of the parts, so that equal forms are equal
 * bytes and no part can contain it.
 */
export function multipart(parts: readonly FormPart[]): { readonly contentType: string; readonly body: Uint8Array } {
  const digest = createHash('sha256');
  for (const part of parts) digest.update('text' in part ? part.text : part.bytes).update('\0');
  const boundary = `darkroom-${digest.digest('hex').slice(0, 40)}`;
  const pieces = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\n${headOf(part)}\r\n\r\n`),
    'text' in part ? Buffer.from(part.text) : part.bytes,
    Buffer.from('\r\n'),
  ]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

function headOf(part: FormPart): string {
  const disposition = `Content-Disposition: form-data; name="${quoted(part.name)}"`;
  if ('text' in part) return disposition;
  return `${disposition}; filename="${quoted(part.fileName)}"\r\nContent-Type: ${part.mime}`;
}

function quoted(text: string): string {
  return text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
