/** What files begin with, and what they are then. */
const beginnings: readonly (readonly [string, string])[] = [
  ['\u0089PNG', 'image/png'],
  ['\u00ff\u00d8', 'image/jpeg'],
  ['RIFF', 'image/webp'],
  ['GIF8', 'image/gif'],
];

/** The picture as an address that holds it. */
export function pictureAddress(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('latin1');
  const mime = beginnings.find(([beginning]) => start.startsWith(beginning))?.[1] ?? 'image/png';
  return `data:${mime};base64,${Buffer.from(bytes).toString('base64')}`;
}
