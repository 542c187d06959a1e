import { join } from 'node:path';
import { killableServer, type KillableServer } from '../../test/support/postgres-server.ts';
import { BotProcess } from '../bot-process.ts';
import { openStandIns, type StandIns, type StandInsOptions } from '../stand-ins.ts';
import { serverTables, type Tables } from '../tables.ts';

export type SeveralBotsOptions = StandInsOptions & {
  readonly processes: number;
  readonly env?: Readonly<Record<string, string>>;
};

/** Several processes of the real bot on one database of PostgreSQL and one folder, between the same stand-ins. */
export type SeveralBots = AsyncDisposable &
  Pick<StandIns, 'telegram' | 'bytez' | 'secrets'> & {
    readonly dataDir: string;
    readonly logFiles: readonly string[];
    readonly bots: readonly BotProcess[];
    readonly server: KillableServer;
    readonly tables: Tables;
  };

/** Starts the server of the database and no process yet. */
export async function openSeveralBots(options: SeveralBotsOptions): Promise<SeveralBots> {
  await using opening = new AsyncDisposableStack();
  const { telegram, bytez, folder, secrets, env } = opening.use(await openStandIns(options));
  const server = opening.use(await killableServer());
  const killServer = () => void server.kill();
  process.once('exit', killServer);
  opening.defer(() => void process.off('exit', killServer));
  const tables = opening.use(await serverTables(server.url));
  const logFiles = Array.from({ length: options.processes }, (_, index) => join(folder, `bot-${index + 1}.log`));
  const bots = logFiles.map((logFile) =>
    opening.use(
      new BotProcess({
        folder,
        logFile,
        env: { ...env, DATABASE_URL: server.url.reveal(), ...options.env },
        isSupervised: true,
      }),
    ),
  );
  const opened = opening.move();
  return {
    telegram,
    bytez,
    secrets,
    dataDir: join(folder, 'data'),
    logFiles,
    bots,
    server,
    tables,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
