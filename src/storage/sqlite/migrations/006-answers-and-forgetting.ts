/** Answers whose result is not on the disk yet, jobs of people who want to be forgotten, updates that processes die on. */
export const answersAndForgetting = {
  version: 6,
  sql: `
ALTER TABLE jobs ADD COLUMN answer TEXT;                      -- JSON; NULL unless a provider has answered and the job has not ended
ALTER TABLE jobs ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1));
ALTER TABLE inbox ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0; -- processes that died while they had the update in hand

CREATE INDEX jobs_answered ON jobs (seq) WHERE state = 'waiting' AND answer IS NOT NULL;
CREATE INDEX jobs_told ON jobs (told_at_ms) WHERE state = 'told';
CREATE INDEX jobs_forgotten ON jobs (seq) WHERE forgotten = 1;
`,
} as const;
