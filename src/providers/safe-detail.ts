const detailLimit = 200;

/** What may be told of a provider's own words: one short line, the key in every usual spelling taken out. */
export function safeDetail(text: string, secret: string): string {
  const line = withoutSecret(text, secret)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length <= detailLimit ? line : `${cut(line, detailLimit - 1)}…`;
}

function withoutSecret(text: string, secret: string): string {
  if (secret === '') return text;
  const spellings = [secret];
  // Spellings of a very short secret would be found in innocent words.
  if (secret.length >= 8) {
    const url = encodeURIComponent(secret.toWellFormed());
    const coded = [0, 1, 2].map((before) => base64Inside(secret, before));
    spellings.push(
      url,
      encodeURIComponent(url),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret)
        .toString('base64')
        .replace(/={1,2}$/, ''),
      Buffer.from(secret).toString('base64url'),
      ...coded,
      ...coded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
      Buffer.from(secret).toString('hex'),
    );
  }
  if (secret.length >= 16) spellings.push(secret.slice(0, 8), secret.slice(-8));
  return spellings.reduce((rest, spelling) => rest.replace(new RegExp(escaped(spelling), 'gi'), '[key]'), text);
}

/** What stays the same of the secret's base64 when so many bytes of something longer go before it. */
function base64Inside(secret: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

/** Never cuts a surrogate pair in two. */
function cut(line: string, limit: number): string {
  let text = '';
  for (const character of line) {
    if (text.length + character.length > limit) break;
    text += character;
  }
  return text;
}
