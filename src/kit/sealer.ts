import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import type { Secret } from './secret.ts';

/** Encrypts what is kept: AES-256-GCM under a key that scrypt derives from a master key and this installation's salt. */
export type Sealer = {
  /** `context` names what the text belongs to: sealed for one thing it cannot be opened for another. */
  seal(text: string, context: string): string;
  /** Undefined where it was sealed under another master key, for another context, or was changed. */
  open(sealed: string, context: string): string | undefined;
};

const version = 'v1';
const [ivBytes, tagBytes, keyBytes] = [12, 16, 32];
/** About 50 ms and 32 MB, once a process. */
const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

export function createSealer(master: Secret, salt: string): Sealer {
  let derived: Buffer | undefined;
  const key = () => (derived ??= scryptSync(master.reveal(), salt, keyBytes, cost));
  return {
    seal: (text, context) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key(), iv).setAAD(Buffer.from(context));
      const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return [version, Buffer.concat([iv, cipher.getAuthTag(), bytes]).toString('base64')].join('.');
    },
    open: (sealed, context) => {
      const [found, text = ''] = sealed.split('.', 2);
      const bytes = Buffer.from(text, 'base64');
      if (found !== version || bytes.length < ivBytes + tagBytes) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', key(), bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
