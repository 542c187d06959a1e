import type { BucketFailure } from '../domain/media.ts';

/** Why a bucket does not work, and what fixes it. */
export const bucketFailureWords = {
  credentials: [
    'it refuses the access key',
    'check S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY; where both are right, check S3_REGION',
  ],
  forbidden: [
    'the access key may not do this',
    'let the key of S3_ACCESS_KEY_ID put, get and delete objects of the bucket (s3:PutObject, s3:GetObject, s3:DeleteObject)',
  ],
  clock: [
    "its clock and this machine's differ by more than it allows",
    'let the machine keep its time by itself (timedatectl set-ntp true)',
  ],
  missing: ['there is no such bucket', 'create it, or set S3_BUCKET and S3_ENDPOINT to one that is there'],
  region: [
    'the bucket is in another region or at another address',
    'set S3_REGION to the region of the bucket, and S3_ENDPOINT to its address',
  ],
  protocol: [
    'what answers does not speak S3',
    'check S3_ENDPOINT, its path included (Supabase: https://<project>.supabase.co/storage/v1/s3)',
  ],
  unreachable: ['it cannot be reached', 'check S3_ENDPOINT, the network and the proxy'],
  overloaded: [
    'it fails by itself, or asks for a pause',
    'look at the state of the storage; nothing has to be changed here',
  ],
  'too-large': ['it does not take files of this size', 'raise the size limit of the bucket'],
  refused: ['it refuses for a reason that is not known here', 'look up the code in the documentation of the storage'],
} as const satisfies Record<BucketFailure, readonly [says: string, fix: string]>;
