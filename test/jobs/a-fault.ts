import { randomUUID } from 'node:crypto';
import { jobId, type KeyId } from '../../src/domain/ids.ts';
import type { CircuitBreaker } from '../../src/jobs/circuit-breaker/circuit-breaker.ts';
import type { Fault } from '../../src/jobs/circuit-breaker/breaker-counters.ts';

/** A call with this key that failed, each of another job unless the test says otherwise. */
export function aFault(keyId: KeyId, model = 'm1', ofJob: string = randomUUID()): Fault {
  return { keyId, model, jobId: jobId(ofJob) };
}

/** Enough consecutive failures that chance is no explanation. */
export function fallSilent(breaker: CircuitBreaker, keys: readonly KeyId[], model = 'm1'): void {
  for (let fault = 0; fault < 14; fault += 1) {
    const keyId = keys[fault % keys.length];
    if (keyId !== undefined) breaker.noteFault(aFault(keyId, model));
  }
}
