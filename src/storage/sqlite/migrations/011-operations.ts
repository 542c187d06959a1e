/** Work that a provider has taken on and not finished. */
export const operations = {
  version: 11,
  sql: `
ALTER TABLE jobs ADD COLUMN operation TEXT;                   -- JSON; NULL unless a provider works on the job

CREATE INDEX jobs_submitted ON jobs (seq) WHERE state = 'waiting' AND operation IS NOT NULL;
`,
} as const;
