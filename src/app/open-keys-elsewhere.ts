import type { Config } from '../config/config.ts';
import type { VaultSettings } from '../config/vault-settings.ts';
import type { Emit } from '../domain/events.ts';
import { askCommand, askVault, KeysElsewhere } from '../keys/sources/keys-elsewhere.ts';
import type { Clock } from '../kit/clock.ts';
import type { Secret } from '../kit/secret.ts';
import { createConnector } from '../media/connector.ts';
import { createHttpClient } from '../providers/http/http-exchange.ts';

/** The keys that a command prints or a Vault holds; undefined where neither is set. The command comes first. */
export function openKeysElsewhere(
  { keysElsewhere, definitions, proxies }: Pick<Config, 'keysElsewhere' | 'definitions' | 'proxies'>,
  { clock, emit }: { readonly clock: Clock; readonly emit: Emit },
): KeysElsewhere | undefined {
  const { command, vault, everyMs } = keysElsewhere;
  const providers = new Set(definitions.map(({ name }) => name));
  const common = { providers, everyMs, clock, emit };
  if (command !== undefined)
    return new KeysElsewhere({ ...common, variable: 'KEYS_COMMAND', ask: askCommand(command) });
  if (vault === undefined) return undefined;
  const http = createHttpClient({ connector: createConnector({ proxies }) });
  return new KeysElsewhere({ ...common, variable: 'VAULT_ADDR', ask: askVault({ ...vault, http }), client: http });
}

/** What must not be in a log. */
export function vaultSecrets(vault: VaultSettings | undefined): readonly Secret[] {
  if (vault === undefined) return [];
  return 'token' in vault.login ? [vault.login.token] : [vault.login.roleId, vault.login.secretId];
}
