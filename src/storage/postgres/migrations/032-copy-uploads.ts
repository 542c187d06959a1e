/**
 * Which process is about to upload which copy: what is deleted meanwhile is deleted in the bucket by that process, after its
 * upload, or by any other once it is dead.
 */
export const copyUploads = {
  version: 32,
  sql: `
CREATE TABLE copy_uploads (
  key text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C" NOT NULL
);
`,
} as const;
