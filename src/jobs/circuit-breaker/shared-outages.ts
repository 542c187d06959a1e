import type { ProviderName } from '../../domain/ids.ts';
import type { Candidate } from '../../domain/job.ts';
import type { FactBoard } from '../../keys/shared/fact-board.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { ModelCooldowns } from './model-cooldowns.ts';

/** What one process finds out about a provider that is down, or a model that is not served, holds in all of them. */
export function shareOutages(
  board: FactBoard,
  breakers: ReadonlyMap<ProviderName, CircuitBreaker>,
  modelCooldowns: ModelCooldowns,
): void {
  board.keep('breaker', {
    read: (provider) => {
      const breaker = breakers.get(provider);
      return breaker && { isOpen: breaker.isOpen };
    },
    takeOver: ({ fact: { id, value } }, isUnsaid) => {
      if (!isUnsaid) breakers.get(id)?.takeOver(value.isOpen);
    },
  });
  board.keep('model', {
    read: (name) => modelCooldowns.shared(candidateOf(name)),
    takeOver: ({ fact: { id, value }, ageMs }, isUnsaid) => {
      if (!isUnsaid) modelCooldowns.takeOver(candidateOf(id), value, ageMs);
    },
  });
  modelCooldowns.onChange = (name) => board.changed('model', name);
}

/** The reverse of `candidateName`: no provider has a colon in its name. */
function candidateOf(name: string): Candidate {
  const at = name.indexOf(':');
  return { provider: name.slice(0, at), model: name.slice(at + 1) };
}
