import { bucketPlace, type BucketStep, checkBucket } from '../../app/checks/check-bucket.ts';
import type { DatabaseInspection } from '../../app/maintenance.ts';
import type { Config } from '../../config/config.ts';
import { bucketFailureWords } from '../../observability/bucket-words.ts';
import { count, spanWords } from '../../observability/quantities.ts';
import { bad, type Finding, good, note, warning } from './finding.ts';
import type { OnlineLook } from './online-checks.ts';

const stepWords = {
  write: 'an object cannot be written',
  read: 'an object that was written cannot be read',
  delete: 'an object cannot be deleted',
} as const satisfies Record<BucketStep, string>;

/** Whether the bucket takes, gives and deletes objects, and whether people can open its links; nothing stays there. */
export async function bucketFindings({ context, config, signal }: OnlineLook): Promise<readonly Finding[]> {
  if (config.bucket === undefined) return [];
  const { failed, left, published, ms } = await checkBucket(config.bucket, { ...config, clock: context.clock, signal });
  const findings: Finding[] = [];
  if (failed === undefined) findings.push(good('bucket', `it takes, gives and deletes objects, in ${spanWords(ms)}`));
  else {
    const [says, fix] = bucketFailureWords[failed.why === 'no-object' ? 'protocol' : failed.why];
    const by = failed.aheadMs === undefined ? '' : `, by ${spanWords(Math.abs(failed.aheadMs))}`;
    findings.push(bad('bucket', `${stepWords[failed.step]}: ${says}${by} (${failed.detail})`, fix));
  }
  if (left !== undefined) {
    findings.push(warning('bucket', `the object ${left} of this check is still there`, 'delete it by hand'));
  }
  if (config.bucket.publicUrl === undefined) {
    findings.push(note('public links', 'S3_PUBLIC_URL is not set: results are copied, and people are given no link'));
  } else if (!isForButtons(config.bucket.publicUrl)) {
    findings.push(
      warning(
        'public links',
        'S3_PUBLIC_URL has a host without a dot, and Telegram takes no such address for a button: people are given no link',
        'set it to the address under which people can open the bucket',
      ),
    );
  } else if (published === 'same') {
    findings.push(good('public links', 'S3_PUBLIC_URL gives what the bucket holds'));
  } else if (published !== undefined) {
    const says = published === 'other-bytes' ? 'answers with something else' : published.says;
    findings.push(
      bad(
        'public links',
        `S3_PUBLIC_URL ${says}, so the links would not work`,
        'set it to the public address of this bucket (its path included), and let everybody read single objects there',
      ),
    );
  }
  return findings;
}

/** Telegram refuses a button whose host is neither an address nor has a dot. */
function isForButtons(publicUrl: string): boolean {
  const { hostname } = new URL(publicUrl);
  return hostname.includes('.') || hostname.startsWith('[');
}

type Copies = Extract<DatabaseInspection, { kind: 'read' }>['copies'];

/** The copies of results that the database knows, those in other buckets than that of the settings apart. */
export function copyFindings(copies: Copies, { bucket }: Pick<Config, 'bucket'>): readonly Finding[] {
  const place = bucketPlace(bucket);
  const sum = (state: string) =>
    copies.filter((one) => one.place === place && one.state === state).reduce((total, one) => total + one.copies, 0);
  const elsewhere = Map.groupBy(
    copies.filter((one) => one.place !== place),
    (one) => one.place,
  );
  return [
    ...(place === undefined
      ? []
      : [
          good(
            'copies',
            `${count(sum('kept'), 'file')} in the bucket, ${sum('upload')} to upload, ${sum('delete')} to delete`,
          ),
        ]),
    ...[...elsewhere].map(([other, own]) => {
      const total = own.reduce((all, one) => all + one.copies, 0);
      return warning(
        'copies',
        `in another bucket (${other}): ${count(total, 'file')} of results, which cannot be deleted without its settings`,
        'set S3_ENDPOINT and S3_BUCKET back until they are gone, or delete them there by hand',
      );
    }),
  ];
}
