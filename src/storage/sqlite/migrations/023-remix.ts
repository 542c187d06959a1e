/**
 * What buttons ask for. A request of a button answers a message of the bot, and no message of the person. Variations are
 * one request each, accepted together and shown together: all of them name the first one.
 */
export const remix = {
  version: 23,
  sql: `
ALTER TABLE jobs ADD COLUMN pressed INTEGER;                  -- 1: a button asked; NULL: a message of the person
ALTER TABLE jobs ADD COLUMN album TEXT;                       -- id of the first job of the album; NULL outside of albums
ALTER TABLE jobs ADD COLUMN album_size INTEGER;

CREATE INDEX jobs_of_album ON jobs (album) WHERE album IS NOT NULL;
`,
} as const;
