/** What a decoder needs, and what says how the colours are meant. Everything else is text about the picture. */
const needed: ReadonlySet<string> = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'acTL',
  'fcTL',
  'fdAT',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'cICP',
  'mDCV',
  'cLLI',
  'sBIT',
  'bKGD',
  'hIST',
  'pHYs',
]);

const signatureBytes = 8;
/** Length, name and checksum around the data. */
const frameBytes = 12;

/** The chunks of a PNG that make its picture, byte for byte; nothing of what follows its end. */
export function pictureOfPng(file: Buffer): readonly Uint8Array[] {
  const parts = [file.subarray(0, signatureBytes)];
  for (let at = signatureBytes; at + frameBytes <= file.byteLength;) {
    const name = file.toString('latin1', at + 4, at + 8);
    const end = at + frameBytes + file.readUInt32BE(at);
    if (needed.has(name)) parts.push(file.subarray(at, end));
    if (name === 'IEND') break;
    at = end;
  }
  return parts;
}
