import { knownNames } from '../config-names.ts';
import { keyVariables } from '../keys/key-variables.ts';
import { poolVariable } from '../keys/read-keys.ts';
import { providerDefinitions } from '../providers/registry.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const takenAtOnce = /_(?:WEIGHTS|KEY_GROUPS|SEATS_PER_KEY|SEATS_MAX)$/;

/** The settings that are not the same in two environments and count at the next start only. */
export function settingsForNextStart(before: Environment, after: Environment): readonly string[] {
  return knownNames.filter(
    (name) =>
      name !== poolVariable &&
      !takenAtOnce.test(name) &&
      providerDefinitions.every((owner) => keyVariables(owner, [name]).length === 0) &&
      (before[name] ?? '') !== (after[name] ?? ''),
  );
}
