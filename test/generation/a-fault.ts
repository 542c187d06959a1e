import { randomUUID } from 'node:crypto';
import { jobId, type KeyId } from '../../src/domain/ids.ts';
import type { Fault } from '../../src/generation/fault-run.ts';

/** A call with this key that failed, each of another job unless the test says otherwise. */
export function aFault(keyId: KeyId, model = 'm1', ofJob: string = randomUUID()): Fault {
  return { keyId, model, jobId: jobId(ofJob) };
}
