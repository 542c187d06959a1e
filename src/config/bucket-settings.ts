import { readFileSync, statSync } from 'node:fs';
import { Secret } from '../kit/secret.ts';
import { unquoted } from '../kit/unquoted.ts';
import { bad, good, type Parsed, type Parser } from './parsers.ts';

/** An S3-compatible storage to which results are copied. */
export type BucketConfig = {
  /** Without a slash at its end; absent for AWS itself. */
  readonly endpoint: string | undefined;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Under which anybody can read the objects, without a slash at its end. */
  readonly publicUrl: string | undefined;
  /** Empty, or with one slash at its end. */
  readonly prefix: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Every variable of the storage. */
const names = [
  'S3_ENDPOINT',
  'S3_BUCKET',
  'S3_REGION',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
  'S3_SECRET_ACCESS_KEY_FILE',
  'S3_PUBLIC_URL',
  'S3_PREFIX',
] as const;

/** Letters and digits that no path, no host and no signature reads differently. */
export const bucketName: Parser<string> = (text) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(text) && !text.includes('..')
    ? good(text)
    : bad('must be the name of a bucket: letters, digits, dots and hyphens');

export const bucketRegion: Parser<string> = (text) =>
  /^[A-Za-z0-9-]{1,64}$/.test(text)
    ? good(text)
    : bad('must be the name of a region, for example eu-central-1, or auto');

export const accessKeyId: Parser<string> = (text) =>
  /^[\x21-\x7e]{1,256}$/.test(text) && !/[/,=]/.test(text)
    ? good(text)
    : bad('must be the id of an access key, without a space, slash, comma or equals sign');

export const secretAccessKey: Parser<Secret> = (text) =>
  /^[\x21-\x7e]{4,512}$/.test(text)
    ? good(new Secret(text))
    : bad('must be the secret of an access key: 4 to 512 letters, digits and signs without a space');

/** With and without slashes at its ends it is the same folder. */
export const objectPrefix: Parser<string> = (text) => {
  const folders = text.replace(/^\/+|(?<!\/)\/+$/g, '').split('/');
  const isPath = folders.every((folder) => /^[A-Za-z0-9._-]{1,100}$/.test(folder) && !/^\.+$/.test(folder));
  if (folders.join('') === '') return good('');
  return isPath && text.length <= 500
    ? good(`${folders.join('/')}/`)
    : bad('must be a folder of letters, digits, dots, hyphens and underscores, for example darkroom/results');
};

/** Names of the storage that do not go together, or that are missing. */
export function bucketMistakes(env: Environment): readonly string[] {
  const isSet = (name: (typeof names)[number]) => unquoted(env[name] ?? '') !== '';
  const given = names.filter(isSet);
  if (given.length === 0) return [];
  const because = `because ${given.join(', ')} ${given.length === 1 ? 'is' : 'are'} set; set it, or remove every S3_ variable`;
  const missing = (['S3_BUCKET', 'S3_ACCESS_KEY_ID'] as const).filter((name) => !isSet(name));
  const [plain, file] = [isSet('S3_SECRET_ACCESS_KEY'), isSet('S3_SECRET_ACCESS_KEY_FILE')];
  return [
    ...missing.map((name) => `${name} is required ${because}`),
    ...(plain || file ? [] : [`S3_SECRET_ACCESS_KEY or S3_SECRET_ACCESS_KEY_FILE is required ${because}`]),
    ...(plain && file ? ['S3_SECRET_ACCESS_KEY and S3_SECRET_ACCESS_KEY_FILE are both set; remove one of them'] : []),
    ...(isSet('S3_ENDPOINT') || isSet('S3_REGION')
      ? []
      : [
          'S3_REGION is required where S3_ENDPOINT is not set, because AWS is asked then; set the region of the bucket, for example eu-central-1, or the endpoint of another storage',
        ]),
  ];
}

const maxSecretFileBytes = 65_536;

/** The secret in a mounted file; a mistake names the variable by the caller and shows nothing of the file. */
export function secretFromFile(path: string): Parsed<Secret> {
  let text: string;
  try {
    if (statSync(path).size > maxSecretFileBytes) return bad('names a file of more than 64 KB');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return bad(`names a file that cannot be read (${code}); check the path, and the rights of the bot's user`);
  }
  const parsed = secretAccessKey(text.replace(/^\ufeff/, '').trim());
  return parsed.ok ? parsed : bad('names a file that does not hold one secret: 4 to 512 letters, digits and signs');
}

/** What the variables hold once each has been parsed. */
export type BucketVariables = {
  readonly S3_ENDPOINT: string | undefined;
  readonly S3_BUCKET: string | undefined;
  readonly S3_REGION: string | undefined;
  readonly S3_ACCESS_KEY_ID: string | undefined;
  readonly S3_SECRET_ACCESS_KEY: Secret | undefined;
  readonly S3_SECRET_ACCESS_KEY_FILE: Secret | undefined;
  readonly S3_PUBLIC_URL: string | undefined;
  readonly S3_PREFIX: string;
};

/** The storage; undefined where none is set. Servers with an endpoint expect us-east-1 unless they say otherwise, R2 auto. */
export function bucketOf(env: BucketVariables): BucketConfig | undefined {
  const secret = env.S3_SECRET_ACCESS_KEY ?? env.S3_SECRET_ACCESS_KEY_FILE;
  if (env.S3_BUCKET === undefined || env.S3_ACCESS_KEY_ID === undefined || secret === undefined) return undefined;
  const isR2 = env.S3_ENDPOINT !== undefined && new URL(env.S3_ENDPOINT).hostname.endsWith('.r2.cloudflarestorage.com');
  return {
    endpoint: env.S3_ENDPOINT,
    bucket: env.S3_BUCKET,
    region: env.S3_REGION ?? (isR2 ? 'auto' : 'us-east-1'),
    accessKeyId: env.S3_ACCESS_KEY_ID,
    secretAccessKey: secret,
    publicUrl: env.S3_PUBLIC_URL,
    prefix: env.S3_PREFIX,
  };
}
