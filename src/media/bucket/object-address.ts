import { randomBytes } from 'node:crypto';
import type { Secret } from '../../kit/secret.ts';

/** A bucket of an S3-compatible storage, and how to use it. */
export type BucketSettings = {
  /** Without a slash at its end; absent for AWS itself. */
  readonly endpoint: string | undefined;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Under which anybody can read the objects; without one, nobody is given a link. */
  readonly publicUrl: string | undefined;
  /** Empty, or with one slash at its end. */
  readonly prefix: string;
};

/** 128 bits: who knows other names cannot guess this one. */
const nameBytes = 16;

/** The name of a new object, without a word of the person or the request. */
export function newKey({ prefix }: Pick<BucketSettings, 'prefix'>, extension: string): string {
  return `${prefix}${randomBytes(nameBytes).toString('hex')}${extension}`;
}

/**
 * The address of an object. A server of one's own, Supabase and R2 are asked by path (`endpoint/bucket/key`); AWS by host
 * (`bucket.s3.region.amazonaws.com/key`), unless the name of the bucket has dots, which its certificate does not cover.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
export function objectUrl({ endpoint, bucket, region }: BucketSettings, key: string): string {
  const path = pathOf(key);
  if (endpoint !== undefined) return `${endpoint}/${bucket}/${path}`;
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return bucket.includes('.') ? `https://${host}/${bucket}/${path}` : `https://${bucket}.${host}/${path}`;
}

/** Where anybody can read the object; undefined without a public address. */
export function publicUrlOf({ publicUrl }: Pick<BucketSettings, 'publicUrl'>, key: string): string | undefined {
  return publicUrl === undefined ? undefined : `${publicUrl}/${pathOf(key)}`;
}

/** Tells buckets apart; no secret. */
export function placeOf({ endpoint, bucket, region }: BucketSettings): string {
  return `${endpoint ?? `aws ${region}`} ${bucket}`;
}

function pathOf(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}
