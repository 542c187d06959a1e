import { answerPromises } from './answer-promises.ts';
import { callPromises } from './call-promises.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { endingPromises } from './ending-promises.ts';
import { fairnessPromises } from './fairness-promises.ts';
import { intakePromises } from './intake-promises.ts';
import { modelPromises } from './model-promises.ts';
import { orderPromises } from './order-promises.ts';
import { restartPromises } from './restart-promises.ts';

/** Registers the tests that every JobEngine has to pass. */
export function jobEngineConformance(name: string, makeEngine: MakeEngine): void {
  intakePromises(name, makeEngine);
  orderPromises(name, makeEngine);
  fairnessPromises(name, makeEngine);
  endingPromises(name, makeEngine);
  restartPromises(name, makeEngine);
  callPromises(name, makeEngine);
  answerPromises(name, makeEngine);
  modelPromises(name, makeEngine);
}
