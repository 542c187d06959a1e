import { botMutants } from './bot.ts';
import { copyMutants } from './copies.ts';
import { deliveryMutants } from './delivery.ts';
import { edgeMutants } from './edges.ts';
import { gatewayMutants } from './gateway.ts';
import { jobMutants } from './jobs.ts';
import { keyMutants } from './keys.ts';
import { mediaMutants } from './media.ts';
import type { Mutant } from './mutant.ts';
import { paymentMutants } from './payments.ts';
import { peopleMutants } from './people.ts';
import { personalMutants } from './personal.ts';
import { providerMutants } from './providers.ts';
import { safetyMutants } from './safety.ts';
import { storageMutants } from './storage.ts';

export const allMutants: readonly Mutant[] = [
  ...keyMutants,
  ...jobMutants,
  ...storageMutants,
  ...botMutants,
  ...deliveryMutants,
  ...mediaMutants,
  ...copyMutants,
  ...providerMutants,
  ...edgeMutants,
  ...gatewayMutants,
  ...paymentMutants,
  ...peopleMutants,
  ...personalMutants,
  ...safetyMutants,
];
