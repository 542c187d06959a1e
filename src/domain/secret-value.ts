/** Something that holds a secret and gives it only when asked by name; adapters are the only ones who ask. */
export type SecretValue = {
  reveal(): string;
};
