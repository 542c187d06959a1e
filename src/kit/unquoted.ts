const enclosed =
  /^\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|[\u201c\u201d\u201e]([^\u201c\u201d\u201e]*)[\u201c\u201d]|\u00ab([^\u00ab\u00bb]*)\u00bb)\s*$/;

/** The text without one pair of enclosing quotation marks, which `docker run --env-file` and copied text keep. */
export function unquoted(text: string): string {
  const inner = enclosed
    .exec(text)
    ?.slice(1)
    .find((part) => part !== undefined);
  return inner ?? text;
}
