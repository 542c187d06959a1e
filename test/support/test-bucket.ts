import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sign } from 'aws4';
import { startFauxqs } from 'fauxqs';

export type BucketCall = {
  readonly method: string;
  /** Of the object, the prefix included. */
  readonly key: string;
  readonly headers: IncomingMessage['headers'];
  /** Whether another library computes the same signature; undefined for a read by anybody. */
  readonly isSigned: boolean | undefined;
  /** The sizes of the pieces in which the body came. */
  readonly chunks: readonly number[];
  readonly status: number;
};

/** What is answered in place of the server; the connection is cut where there is no status. */
export type BucketFault = {
  readonly status?: number;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type TestBucket = AsyncDisposable & {
  /** `http://127.0.0.1:<port>` with the path under which S3 is spoken. */
  readonly endpoint: string;
  readonly publicUrl: string;
  /** The settings of a bot that uses it. */
  readonly env: Readonly<Record<string, string>>;
  /** Those that were answered, in order. */
  readonly calls: readonly BucketCall[];
  /** The names of the objects that are there. */
  keys(): Promise<readonly string[]>;
  /** What anybody reads at the address. */
  read(url: string): Promise<{ readonly status: number; readonly type: string; readonly bytes: Buffer }>;
  /** Answers calls of a method in this way until it is called again without a fault. */
  fail(fault: BucketFault | undefined, method?: string): void;
  /** Calls of the method arrive and are carried out, or are answered, only after the release. */
  hold(method: string, what?: 'call' | 'answer'): { readonly arrived: () => number; readonly release: () => void };
};

const accessKeyId = 'canary-access-key-id';
export const bucketSecret = 'canary-secret-access-key-0123456789';
const region = 'eu-test-1';
const name = 'pictures';
/** As Supabase has it. */
const path = '/storage/v1/s3';
const publicPath = '/public';

/** A real S3 server behind a door that checks signatures with a second library, and breaks as it is told. */
export async function startTestBucket(): Promise<TestBucket> {
  await using opening = new AsyncDisposableStack();
  const server = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' });
  opening.defer(() => server.stop());
  server.createBucket(name);
  const calls: BucketCall[] = [];
  const faults = new Map<string, BucketFault>();
  type Gate = { arrived: number; readonly opened: Promise<void>; readonly what: 'call' | 'answer' };
  const gates = new Map<string, Gate>();
  const pass = async (method: string, what: Gate['what']): Promise<void> => {
    const gate = gates.get(method);
    if (gate?.what !== what) return;
    gate.arrived += 1;
    await gate.opened;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', headers } = request;
    const url = request.url ?? '';
    const isPublic = url.startsWith(`${publicPath}/`);
    const inner = isPublic ? `/${name}${url.slice(publicPath.length)}` : url.slice(path.length);
    const key = decodeURIComponent(inner.slice(name.length + 2));
    const isSigned = isPublic ? undefined : isSignedAsByAnother(request, url);
    const chunks: number[] = [];
    const noted = (status: number) => void calls.push({ method, key, headers, isSigned, chunks, status });
    if (!isPublic) await pass(method, 'call');
    const fault = isPublic ? undefined : (faults.get(method) ?? faults.get('*'));
    const refusal = fault ?? (isSigned === false ? { status: 403, code: 'SignatureDoesNotMatch' } : undefined);
    if (refusal !== undefined) {
      noted(refusal.status ?? 0);
      if (refusal.status === undefined) return void request.socket.destroy();
      request.resume();
      response.writeHead(refusal.status, { 'content-type': 'application/xml', ...refusal.headers });
      return void response.end(refusal.code === undefined ? '' : `<Error><Code>${refusal.code}</Code></Error>`);
    }
    const asking = send({ port: server.port, host: '127.0.0.1', method, path: inner, headers });
    const forward = async (answered: IncomingMessage): Promise<void> => {
      noted(answered.statusCode ?? 0);
      if (!isPublic) await pass(method, 'answer');
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
    };
    asking.on('response', (answered) => void forward(answered));
    asking.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => chunks.push(chunk.byteLength));
    request.on('error', () => asking.destroy());
    request.on('aborted', () => asking.destroy());
    request.pipe(asking);
  };
  const door = createServer((request, response) => void answer(request, response));
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  opening.defer(async () => {
    door.closeAllConnections();
    door.close();
    await once(door, 'close');
  });
  const origin = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  const opened = opening.move();
  return {
    endpoint: `${origin}${path}`,
    publicUrl: `${origin}${publicPath}`,
    env: {
      S3_ENDPOINT: `${origin}${path}`,
      S3_BUCKET: name,
      S3_REGION: region,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: bucketSecret,
      S3_PUBLIC_URL: `${origin}${publicPath}/`,
      S3_PREFIX: 'results',
    },
    calls,
    keys: async () => {
      const listed = await fetch(`http://127.0.0.1:${server.port}/${name}?list-type=2`);
      return [...(await listed.text()).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
    },
    read: async (url) => {
      const answered = await fetch(url);
      const bytes = Buffer.from(await answered.arrayBuffer());
      return { status: answered.status, type: answered.headers.get('content-type') ?? '', bytes };
    },
    fail: (fault, method = '*') => void (fault === undefined ? faults.delete(method) : faults.set(method, fault)),
    hold: (method, what = 'call') => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const gate: Gate = { arrived: 0, opened: promise, what };
      gates.set(method, gate);
      return {
        arrived: () => gate.arrived,
        release: () => {
          gates.delete(method);
          resolve();
        },
      };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Signs the request again with another library, from what arrived. */
function isSignedAsByAnother({ method = '', headers }: IncomingMessage, url: string): boolean {
  const { authorization = '', host = '' } = headers;
  const [, names = ''] = /SignedHeaders=([^,]*)/.exec(authorization) ?? [];
  const signed = names.split(';').flatMap((one) => (one === 'host' ? [] : [[one, String(headers[one])] as const]));
  const again = sign(
    { host, method, path: url, service: 's3', region, headers: { Host: host, ...Object.fromEntries(signed) } },
    { accessKeyId, secretAccessKey: bucketSecret },
  );
  return again.headers?.['Authorization'] === authorization && names.split(';').includes('x-amz-content-sha256');
}
