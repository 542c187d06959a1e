import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the spellings of a secret, base64 at any offset inside a longer text included. */
export function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].flatMap((before) => {
    const inside = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [inside, inside.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const url = encodeURIComponent(secret);
  return [...new Set([secret, url, encodeURIComponent(url), bytes.toString('hex'), ...base64])];
}

export type Haystack = { readonly where: string; readonly text: string };

/** Returns the names of the haystacks that contain one of the secrets, in any spelling and case. */
export function secretsFound(haystacks: readonly Haystack[], secrets: readonly string[]): readonly string[] {
  const needles = secrets.flatMap(spellingsOf).map((spelling) => spelling.toLowerCase());
  return haystacks.filter(({ text }) => hasAny(text.toLowerCase(), needles)).map(({ where }) => where);
}

/** Returns the files under the folder, byte for byte. */
export function filesIn(folder: string): readonly Haystack[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ where: path, text: readFileSync(path).toString('latin1') }));
}

function hasAny(text: string, needles: readonly string[]): boolean {
  return needles.some((needle) => text.includes(needle));
}
