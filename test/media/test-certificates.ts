import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export type Certificate = { readonly cert: string; readonly key: string };

export type CertificateFacts = {
  /** The name of the host it is for; a certificate authority when absent. */
  readonly host?: string;
  readonly validUntil?: Date;
  readonly issuer?: Authority;
};

export type Authority = Certificate & { readonly name: string; readonly privateKey: KeyObject };

const validFrom = new Date(Date.UTC(2020, 0, 1));
const sha256WithEcdsa = sequence(objectId([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));

/** A certificate made for the test alone: of an authority, or of a host, signed by an authority or by itself. */
export function certificate({
  host,
  validUntil = new Date(Date.UTC(2049, 0, 1)),
  issuer,
}: CertificateFacts): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = host ?? 'Authority of the tests';
  const extensions = host === undefined ? [authorityExtension()] : [hostExtension(host)];
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(1),
    sha256WithEcdsa,
    nameOf(issuer?.name ?? name),
    sequence(time(validFrom), time(validUntil)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuer?.privateKey ?? privateKey);
  const whole = sequence(body, sha256WithEcdsa, bitString(signature));
  return {
    name,
    privateKey,
    cert: pem('CERTIFICATE', whole),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function nameOf(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(objectId([0x55, 0x04, 0x03]), tagged(0x0c, Buffer.from(commonName)))));
}

function authorityExtension(): Buffer {
  const isAuthority = sequence(tagged(0x01, Buffer.from([0xff])));
  return sequence(objectId([0x55, 0x1d, 0x13]), tagged(0x01, Buffer.from([0xff])), tagged(0x04, isAuthority));
}

function hostExtension(host: string): Buffer {
  return sequence(objectId([0x55, 0x1d, 0x11]), tagged(0x04, sequence(tagged(0x82, Buffer.from(host)))));
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function objectId(bytes: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes));
}

/** Of one byte with its high bit off. */
function integer(value: number): Buffer {
  return tagged(0x02, Buffer.from([value]));
}

function time(date: Date): Buffer {
  return tagged(
    0x17,
    Buffer.from(
      date
        .toISOString()
        .replaceAll(/[-:T]|\.\d+/g, '')
        .slice(2),
    ),
  );
}

function bitString(bytes: Uint8Array): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function tagged(tag: number, content: Uint8Array): Buffer {
  const size = content.byteLength;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
