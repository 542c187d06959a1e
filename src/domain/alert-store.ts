import type { RaisedAlert } from './admin-api.ts';

/** Shows processes beside the owner of the database which alerts are raised. */
export type AlertStore = {
  /** These and no others are raised now. */
  save(alerts: readonly RaisedAlert[]): Promise<void>;
  /** As saved last; one that this version cannot read is passed over. */
  load(): Promise<readonly RaisedAlert[]>;
};
