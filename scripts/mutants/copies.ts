import { mutant } from './mutant.ts';

const copier = 'test/media/bucket/result-copier.test.ts';
const signing = 'test/media/bucket/s3-bucket.test.ts';
const links = 'test/bot/delivery/link-buttons.test.ts';
const rows = 'test/storage/stores/result-copies.test.ts';

/** Results in a bucket: what is copied, shown and deleted. */
export const copyMutants = [
  mutant(
    'a file that arrives after its job was deleted stays in the bucket',
    'if (!(await store.uploaded(key))) return this.#delete(key);',
    'await store.uploaded(key);',
    copier,
  ),
  mutant(
    'an object is deleted while it is uploaded',
    'const key = keys.find((one) => !this.#busy.has(one));',
    'const key = keys[0];',
    copier,
  ),
  mutant(
    'a failing bucket is asked without a pause',
    'clock.schedule(backoffMs(this.#failures, retryRules, random), () => {',
    'clock.schedule(0 * backoffMs(this.#failures, retryRules, random), () => {',
    copier,
  ),
  mutant('each failure of the bucket is told of', 'if (now?.why === this.#told) return;', '', copier),
  mutant(
    'a file that fails alone is tried without end',
    'if (count < maxStrikes) return false;',
    'return false;',
    copier,
  ),
  mutant(
    'a deleted job leaves its copies',
    `ON jobs BEGIN\n  UPDATE result_copies SET state = 'delete', tries = 0, job_id = NULL WHERE job_id = old.id;`,
    `ON jobs BEGIN\n  SELECT 1;`,
    rows,
  ),
  mutant(
    'what a person wants forgotten is copied',
    `'upload' FROM jobs WHERE id = ? AND forgotten = 0`,
    `'upload' FROM jobs WHERE id = ?`,
    rows,
  ),
  mutant(
    'uploads are signed without their content',
    `headers: { 'x-amz-content-sha256': hash },`,
    `headers: { 'x-amz-content-sha256': hash && 'UNSIGNED-PAYLOAD' },`,
    signing,
  ),
  mutant(
    'an object’s name can be guessed',
    `randomBytes(nameBytes).toString('hex')`,
    `'0'.repeat(nameBytes * 2)`,
    signing,
  ),
  mutant(
    'a link is sent with a message before Telegram has taken one',
    `return this.#addresses === 'taken' ? links : noLinks;`,
    `return links;`,
    links,
  ),
];
