const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A picture of one pixel, for a person who sends any photo. */
export function tinyPhoto(): Uint8Array {
  return new Uint8Array(Buffer.from(png, 'base64'));
}
