import { join } from 'node:path';
import { parseConfig } from '../config.ts';
import { readEnvironment } from '../environment.ts';
import { takeOwnership } from '../storage/owner-lock.ts';
import { setAsideDatabase } from '../storage/set-aside.ts';

/** Moves the database of DATA_DIR aside, unless a running bot owns it. */
export async function setAside(): Promise<void> {
  const { env } = readEnvironment({ cwd: process.cwd(), processEnv: process.env });
  const { dataDir } = parseConfig(env);
  using _owner = takeOwnership(dataDir);
  const moved = setAsideDatabase(join(dataDir, 'darkroom.db'), Date.now());
  process.stdout.write(
    `Moved to ${moved}. The next start makes a new database; results on disk stay where they are.\n`,
  );
}
