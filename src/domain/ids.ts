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
