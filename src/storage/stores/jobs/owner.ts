import { randomUUID } from 'node:crypto';

/** Who claims jobs and deliveries. */
export type Owner = {
  readonly id: string;
  /** SQL that is true where the `owner` of a row of `jobs` is gone; its one parameter is the id of this owner. */
  readonly isGone: string;
};

/** The one owner of a database: every other one belongs to a process that has ended. */
export function onlyOwner(): Owner {
  return { id: randomUUID(), isGone: 'owner IS NOT ?' };
}
