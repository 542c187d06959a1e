import type { Config } from '../config/config.ts';
import type { BucketConfig } from '../config/bucket-settings.ts';
import type { Emit } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import { filesOf } from '../domain/job.ts';
import type { ResultSource } from '../domain/media.ts';
import type { Processes } from '../domain/shared/processes.ts';
import type { PersonalData } from '../domain/users.ts';
import type { GenerationService } from '../jobs/generation-service.ts';
import type { Random } from '../kit/backoff.ts';
import type { Clock } from '../kit/clock.ts';
import { type ConnectorOptions, createConnector } from '../media/connector.ts';
import type { ResultCopier } from '../media/bucket/result-copier.ts';
import type { Bucket, SendHttp } from '../media/bucket/s3-bucket.ts';
import { createHttpClient } from '../providers/http/http-exchange.ts';
import type { Storage } from '../storage/open-storage.ts';
import type { Database } from '../storage/database.ts';
import { createPersonalData } from '../storage/stores/personal-data.ts';

type Network = Pick<ConnectorOptions, 'resolve' | 'dial'> | undefined;

/** A bucket with connections of its own: a slow one takes no place from anybody else's. */
export async function openBucket(
  settings: BucketConfig,
  { proxies, clock, network }: Pick<Config, 'proxies'> & { readonly clock: Clock; readonly network?: Network },
): Promise<{ readonly bucket: Bucket; readonly send: SendHttp } & AsyncDisposable> {
  // Without a bucket nothing of it is loaded.
  const { createS3Bucket } = await import('../media/bucket/s3-bucket.ts');
  const http = createHttpClient({ connector: createConnector({ ...network, proxies }) });
  const send: SendHttp = (call) => http.call(call);
  const bucket = createS3Bucket({ settings, send, clock });
  return { bucket, send, [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}

export type OpenCopiesOptions = {
  readonly config: Pick<Config, 'bucket' | 'proxies'>;
  readonly parts: { readonly network?: Network };
  readonly storage: Pick<Storage, 'resultCopies' | 'engine'>;
  readonly results: ResultSource;
  readonly service: Pick<GenerationService, 'onEnded'>;
  readonly processes: Pick<Processes, 'isAlone'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
};

/**
 * Copies every result from now on to the bucket of the settings, until the scope ends; undefined where there is none.
 * Nothing is sent before `start`.
 */
export async function openCopies(
  scope: AsyncDisposableStack,
  options: OpenCopiesOptions,
): Promise<ResultCopier | undefined> {
  const { config, parts, storage, service, clock, emit } = options;
  if (config.bucket === undefined) return undefined;
  const { bucket } = scope.use(await openBucket(config.bucket, { ...parts, proxies: config.proxies, clock }));
  const { ResultCopier } = await import('../media/bucket/result-copier.ts');
  const copier = scope.use(
    new ResultCopier({
      ...options,
      store: storage.resultCopies,
      settings: config.bucket,
      bucket,
      hasOthers: !options.processes.isAlone,
    }),
  );
  const copy = async (id: JobId): Promise<void> => {
    try {
      const job = await storage.engine.reader.find(id);
      const outcome = job !== undefined && 'outcome' in job.state ? job.state.outcome : undefined;
      if (outcome?.kind === 'result') await copier.add(id, filesOf(outcome.payload));
    } catch (error) {
      // The delivery asks for the copies again, so nothing is lost.
      emit({ event: 'app.error', what: `copy the result of job ${id}`, error });
    }
  };
  scope.use(service.onEnded((id) => void copy(id)));
  return copier;
}

/** People's data in the database; jobs that are dropped take their copies with them at once. */
export function openPersonalData(database: Database, copies: ResultCopier | undefined): PersonalData {
  const data = createPersonalData(database);
  if (copies === undefined) return data;
  return {
    ...data,
    drop: async (ids, nowMs) => {
      await data.drop(ids, nowMs);
      copies.wake();
    },
  };
}
