import { ConfigError } from './config-error.ts';
import type { Secret } from '../kit/secret.ts';

/** Which secret of which Vault holds keys, and how the bot logs in there. */
export type VaultSettings = {
  readonly address: string;
  /** Mount and path: `secret/darkroom`. */
  readonly path: string;
  readonly namespace: string | undefined;
  readonly login: { readonly token: Secret } | { readonly roleId: Secret; readonly secretId: Secret };
};

type VaultVariables = {
  readonly VAULT_ADDR: string | undefined;
  readonly VAULT_PATH: string | undefined;
  readonly VAULT_TOKEN: Secret | undefined;
  readonly VAULT_ROLE_ID: Secret | undefined;
  readonly VAULT_SECRET_ID: Secret | undefined;
  readonly VAULT_NAMESPACE: string | undefined;
};

/** Throws a ConfigError for an address without what goes with it. */
export function vaultOf(env: VaultVariables): VaultSettings | undefined {
  const { VAULT_ADDR: address, VAULT_PATH: path, VAULT_TOKEN: token, VAULT_NAMESPACE: namespace } = env;
  if (address === undefined) return undefined;
  const { VAULT_ROLE_ID: roleId, VAULT_SECRET_ID: secretId } = env;
  const mistakes = [
    ...(path === undefined ? ['VAULT_PATH is required with VAULT_ADDR; for example secret/darkroom'] : []),
    ...(token === undefined && (roleId === undefined || secretId === undefined)
      ? ['VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID, is required with VAULT_ADDR']
      : []),
  ];
  if (path === undefined || mistakes.length > 0) throw new ConfigError(mistakes);
  if (token !== undefined) return { address, path, namespace, login: { token } };
  return roleId === undefined || secretId === undefined
    ? undefined
    : { address, path, namespace, login: { roleId, secretId } };
}
