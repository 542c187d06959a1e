/** A file of this size that begins as a PNG does; the rest is noise, as it is in a compressed picture, equal at every run. */
export function pngSized(bytes: number): Buffer {
  const picture = Buffer.alloc(bytes);
  let state = 1;
  for (let at = 0; at < bytes; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    picture[at] = state >>> 24;
  }
  picture.write('89504e470d0a1a0a', 'hex');
  return picture;
}
