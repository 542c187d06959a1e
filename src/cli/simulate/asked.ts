/** One request of a client, from asking to its end. */
export type Asked = {
  readonly request: number;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly answered: boolean;
};
