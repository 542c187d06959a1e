import { setDatabaseAside } from '../app/maintenance.ts';
import { parseConfig } from '../config.ts';
import { readEnvironment } from '../environment.ts';

/** Moves the database of DATA_DIR aside, unless a running bot owns it. */
export async function setAside(): Promise<void> {
  const { env } = readEnvironment({ cwd: process.cwd(), processEnv: process.env });
  const { dataDir } = parseConfig(env);
  const moved = setDatabaseAside(dataDir, Date.now());
  process.stdout.write(
    `Moved to ${moved}. The next start makes a new database; results on disk stay where they are.\n`,
  );
}
