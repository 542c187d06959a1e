import { answerPromises } from './answer-promises.ts';
import { callPromises } from './call-promises.ts';
import { deliveryPromises } from './delivery-promises.ts';
import type { MakeEngine } from './engine-under-test.ts';
import { endingPromises } from './ending-promises.ts';
import { fairnessPromises } from './fairness-promises.ts';
import { intakePromises } from './intake-promises.ts';
import { listeningPromises } from './listening-promises.ts';
import { modelPromises } from './model-promises.ts';
import { operationPromises } from './operation-promises.ts';
import { orderPromises } from './order-promises.ts';
import { historyPromises } from './history-promises.ts';
import { readerPromises } from './reader-promises.ts';
import { restartPromises } from './restart-promises.ts';

/** Registers the tests that every JobQueue has to pass. */
export function jobQueueConformance(name: string, makeEngine: MakeEngine): void {
  intakePromises(name, makeEngine);
  orderPromises(name, makeEngine);
  fairnessPromises(name, makeEngine);
  endingPromises(name, makeEngine);
  restartPromises(name, makeEngine);
  callPromises(name, makeEngine);
  answerPromises(name, makeEngine);
  operationPromises(name, makeEngine);
  listeningPromises(name, makeEngine);
}

/** Registers the tests that every JobReader has to pass, over an engine that has passed those of the queue. */
export function jobReaderConformance(name: string, makeEngine: MakeEngine): void {
  readerPromises(name, makeEngine);
  historyPromises(name, makeEngine);
}

/** Registers the tests that every JobDelivery has to pass, over an engine that has passed those of the queue. */
export function jobDeliveryConformance(name: string, makeEngine: MakeEngine): void {
  deliveryPromises(name, makeEngine);
}

/** Registers the tests that every JobEngine has to pass: each port by itself, then all three in random lives. */
export function jobEngineConformance(name: string, makeEngine: MakeEngine): void {
  jobQueueConformance(`${name} queue`, makeEngine);
  jobReaderConformance(`${name} reader`, makeEngine);
  jobDeliveryConformance(`${name} delivery`, makeEngine);
  modelPromises(name, makeEngine);
}
