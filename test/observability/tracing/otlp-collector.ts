import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Message = Readonly<Record<string, unknown>>;
type Type = {
  verify(message: object): string | null;
  fromObject(object: object): object;
  toObject(message: object, options: object): Message;
};

/** The messages of the official protocol, as OpenTelemetry's own package has generated them. */
const { opentelemetry } = createRequire(import.meta.url)(
  '@opentelemetry/otlp-transformer/build/src/generated/root.js',
) as {
  opentelemetry: { proto: { collector: { trace: { v1: { ExportTraceServiceRequest: Type } } } } };
};
const { ExportTraceServiceRequest } = opentelemetry.proto.collector.trace.v1;

export type ReadSpan = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code?: number; readonly message?: string };
};

const idNames = new Set(['traceId', 'spanId', 'parentSpanId']);

/** OTLP's JSON has ids in hex where that of protocol buffers has base64; nothing else differs. */
function withIds(value: unknown, change: (id: string) => string, name = ''): unknown {
  if (typeof value === 'string') return idNames.has(name) ? change(value) : value;
  if (Array.isArray(value)) return value.map((one) => withIds(one, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withIds(one, change, key)]));
}

function decodeAttributes(list: unknown): Readonly<Record<string, unknown>> {
  const all = (list ?? []) as readonly { readonly key: string; readonly value: Message }[];
  return Object.fromEntries(
    all.map(({ key, value }) => [key, 'intValue' in value ? Number(value['intValue']) : Object.values(value)[0]]),
  );
}

/** Decodes a request with the official messages. Throws for anything that they do not know, or know otherwise. */
export function decodeExport(body: string): { readonly resource: Message; readonly spans: readonly ReadSpan[] } {
  const sent = withIds(JSON.parse(body), (id) => Buffer.from(id, 'hex').toString('base64')) as object;
  const message = ExportTraceServiceRequest.fromObject(sent);
  const problem = ExportTraceServiceRequest.verify(message);
  if (problem !== null) throw new Error(problem);
  const read = ExportTraceServiceRequest.toObject(message, { longs: String, bytes: String });
  // Unknown names would be missing, other types would look different.
  if (JSON.stringify(sorted(read)) !== JSON.stringify(sorted(sent))) {
    throw new Error(`It reads otherwise: ${JSON.stringify(read)}`);
  }
  const [group] = (
    withIds(read, (id) => Buffer.from(id, 'base64').toString('hex')) as {
      resourceSpans: { resource: Message; scopeSpans: { spans: (Message & { attributes: unknown })[] }[] }[];
    }
  ).resourceSpans;
  return {
    resource: decodeAttributes(group?.resource['attributes']),
    spans: (group?.scopeSpans ?? []).flatMap(({ spans }) =>
      spans.map((span) => ({ ...span, attributes: decodeAttributes(span.attributes) }) as unknown as ReadSpan),
    ),
  };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      // The decoder leaves an empty list out.
      .filter(([, one]) => !Array.isArray(one) || one.length > 0)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}

/** A collector that takes what OTLP over HTTP in JSON allows, with the header that it wants, and nothing else. */
export async function startCollector(header?: readonly [string, string]) {
  const bodies: string[] = [];
  const spans: ReadSpan[] = [];
  const refused: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { method, url, headers } = request;
      const isAllowed = header === undefined || headers[header[0]] === header[1];
      const isRight = method === 'POST' && url === '/v1/traces' && headers['content-type'] === 'application/json';
      response.setHeader('content-type', 'application/json');
      if (!isRight || !isAllowed) {
        refused.push(`${method} ${url} ${headers['content-type']}`);
        response.writeHead(isRight ? 401 : 400).end('{}');
        return;
      }
      try {
        spans.push(...decodeExport(body).spans);
        bodies.push(body);
        response.end('{"partialSuccess":{}}');
      } catch (error) {
        refused.push(String(error));
        response.writeHead(400).end('{}');
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    spans,
    refused,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
