type Brand<Value, Name extends string> = Value & { readonly __brand: Name };

/** Names one accepted job; made from the update that asked for it, so asking twice names the same job. */
export type JobId = Brand<string, 'JobId'>;
/** Names one provider key for log lines and tables: the keyed fingerprint, never the key. */
export type KeyId = Brand<string, 'KeyId'>;

export function jobId(text: string): JobId {
  return text as JobId;
}

export function keyId(fingerprint: string): KeyId {
  return fingerprint as KeyId;
}

/**
 * Names a provider in chains, in log lines and, in capitals, in its variables: `bytez`. Which providers there are is for
 * their registry to say; what is read from outside (the environment, a row of a database) is checked where it comes in.
 */
export type ProviderName = string & { readonly __brand?: 'ProviderName' };

/** Could the text be the name of a provider, of this version or another? */
export function isProviderName(text: string): text is ProviderName {
  return /^[a-z][a-z0-9_-]{0,39}$/.test(text);
}

/** The fence of a job's first claim, and of no later one; no claim has it where an earlier job had the same id. */
export const firstFence = 1;
