/** Where the conversation of a person in a chat begins; without a row, at their first question there. */
export const conversations = {
  version: 13,
  sql: `
CREATE TABLE conversations (
  chat_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  began_at_ms INTEGER NOT NULL,                               -- questions that were accepted before do not count
  PRIMARY KEY (chat_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX jobs_answered_of_person ON jobs (user_id, chat_id, seq) WHERE kind = 'chat';
`,
} as const;
