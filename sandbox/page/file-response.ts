/** Types that a browser shows and that cannot contain a script; anything else is sent as a download. */
const shownTypes: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'video/mp4',
  'video/webm',
  'audio/mpeg',
  'audio/ogg',
  'audio/mp4',
  'audio/wav',
]);

export type FileResponse = {
  readonly status: 200 | 206 | 416;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
};

/** Returns the HTTP response with a file, or with the byte range that a player asks for. */
export function fileResponse(
  file: { readonly bytes: Uint8Array; readonly mime: string; readonly name: string },
  range: string | undefined,
): FileResponse {
  const isShown = shownTypes.has(file.mime);
  const size = file.bytes.byteLength;
  const headers = {
    'Content-Type': isShown ? file.mime : 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=3600, immutable',
    ...(isShown ? {} : { 'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}` }),
  };
  const asked = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '');
  if (asked === null || (asked[1] === '' && asked[2] === '')) {
    return { status: 200, headers, body: new Uint8Array(file.bytes) };
  }
  const [, first = '', last = ''] = asked;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (start >= end) {
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${size}` }, body: new Uint8Array() };
  }
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${start}-${end - 1}/${size}` },
    body: new Uint8Array(file.bytes.slice(start, end)),
  };
}
