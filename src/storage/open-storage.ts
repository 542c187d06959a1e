import type { ChatBook } from '../domain/chat-book.ts';
import type { DialogueStore } from '../domain/dialogue-store.ts';
import type { EffectLedger } from '../domain/effect-ledger.ts';
import type { Inbox } from '../domain/inbox.ts';
import type { JobEngine } from '../domain/job-engine.ts';
import type { KeyStore } from '../domain/key-store.ts';
import type { Users } from '../domain/users.ts';
import { type Database, openDatabase } from './database.ts';
import { createSqliteChatBook } from './sqlite-chat-book.ts';
import { createSqliteDialogues } from './sqlite-dialogues.ts';
import { createSqliteEffectLedger } from './sqlite-effect-ledger.ts';
import { createSqliteInbox } from './sqlite-inbox.ts';
import { createSqliteJobEngine } from './sqlite-job-engine.ts';
import { createSqliteKeyStore } from './sqlite-key-store.ts';
import { createSqliteUsers } from './sqlite-users.ts';
import type { StorageError } from './storage-error.ts';

/** Everything that is kept on this machine, over one database; disposing closes it. */
export type Storage = Disposable & {
  readonly database: Database;
  readonly engine: JobEngine;
  readonly ledger: EffectLedger;
  readonly inbox: Inbox;
  readonly users: Users;
  readonly dialogues: DialogueStore;
  readonly chats: ChatBook;
  readonly keyStore: KeyStore;
};

export type StorageOptions = {
  readonly path: string;
  /** Hears of keys whose record cannot be read. */
  readonly onUnreadableKey: (error: StorageError) => void;
};

export function openStorage({ path, onUnreadableKey }: StorageOptions): Storage {
  const database = openDatabase({ path });
  return {
    database,
    engine: createSqliteJobEngine(database),
    ledger: createSqliteEffectLedger(database),
    inbox: createSqliteInbox(database),
    users: createSqliteUsers(database),
    dialogues: createSqliteDialogues(database),
    chats: createSqliteChatBook(database),
    keyStore: createSqliteKeyStore(database, onUnreadableKey),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}
