/** Every provider call of a job, kept before it goes out; and how many of them met a silent provider. */
export const calls = {
  version: 4,
  sql: `
ALTER TABLE jobs ADD COLUMN probes INTEGER NOT NULL DEFAULT 0;

CREATE TABLE calls (
  job_id TEXT NOT NULL,
  call INTEGER NOT NULL,
  fence INTEGER NOT NULL,                                     -- of the lease that sent the call
  trail TEXT NOT NULL,                                        -- JSON
  PRIMARY KEY (job_id, call)
) STRICT, WITHOUT ROWID;
`,
} as const;
