/** Files of results that are to be in a bucket, are there, or are to be deleted there. */
export const resultCopies = {
  version: 19,
  sql: `
CREATE TABLE result_copies (
  seq INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,                                   -- the name of the object
  place TEXT NOT NULL,                                        -- which bucket
  job_id TEXT,                                                -- NULL once the job is deleted
  part INTEGER NOT NULL,                                      -- the number of the file in the result, from 0
  mime TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('upload', 'kept', 'delete')),
  tries INTEGER NOT NULL DEFAULT 0,                           -- calls that failed in this state
  linked INTEGER NOT NULL DEFAULT 0 CHECK (linked IN (0, 1))  -- 1: the message shows the link, or never will
) STRICT;
CREATE UNIQUE INDEX result_copies_of_job ON result_copies (job_id, part) WHERE job_id IS NOT NULL;
CREATE INDEX result_copies_open ON result_copies (place, state, tries, seq) WHERE state <> 'kept';
CREATE INDEX result_copies_unlinked ON result_copies (place, job_id) WHERE state = 'kept' AND linked = 0;

-- Whatever deletes a job: its copies are deleted as well, and the bucket is the last to know.
CREATE TRIGGER jobs_gone_with_copies AFTER DELETE ON jobs BEGIN
  UPDATE result_copies SET state = 'delete', tries = 0, job_id = NULL WHERE job_id = old.id;
END;
`,
} as const;
