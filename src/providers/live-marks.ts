/**
 * Words without the marks that servers of one's own act on: stable-diffusion.cpp takes `<sd_cpp_extra_args>` for options,
 * others load `<lora:…>`. A bracket that opens no such mark stays.
 */
export function withoutTags(words: string): string {
  return words.toWellFormed().replace(/<(?=[/!?]?[a-z_])/gi, ' ');
}

/**
 * As `withoutTags`, and without what common extensions of AUTOMATIC1111 and ComfyUI replace: `__file__` by a line of a file,
 * `{a|b}` by one of its parts, `embedding:name` by a file of the server.
 */
export function withoutLiveMarks(words: string): string {
  return withoutTags(
    words
      .replaceAll(/_{2,}/g, '_')
      .replaceAll(/[{}]/g, ' ')
      .replaceAll(/\b(embedding):(?=\S)/gi, '$1 '),
  );
}
