/**
 * Names a provider in chains, in log lines and, in capitals, in its variables: `bytez`. Which providers there are is for
 * their registry to say; what is read from outside (the environment, a row of a database) is checked where it comes in.
 */
export type ProviderName = string & { readonly __brand?: 'ProviderName' };

/** Could the text be the name of a provider, of this version or another? */
export function isProviderName(text: string): text is ProviderName {
  return /^[a-z][a-z0-9_-]{0,39}$/.test(text);
}
