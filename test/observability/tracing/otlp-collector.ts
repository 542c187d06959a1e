import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

// ExportTraceServiceRequest of opentelemetry-proto 1.x in its JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf
// Encoding"): names in camelCase, ids in hex, 64-bit numbers as text, enumerations as numbers. No other name is taken.
const unsigned64 = z.string().regex(/^(0|[1-9]\d{0,19})$/);
const anyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?(0|[1-9]\d{0,18})$/) }),
  z.strictObject({ doubleValue: z.number() }),
]);
const attributes = z
  .array(z.strictObject({ key: z.string().min(1), value: anyValue }))
  .transform((all) =>
    Object.fromEntries(
      all.map(({ key, value }) => [key, 'intValue' in value ? Number(value.intValue) : Object.values(value)[0]]),
    ),
  );
/** No id of zeros: it stands for none. */
const idOf = (bytes: number) => z.string().regex(new RegExp(`^(?!0+$)[0-9a-f]{${bytes * 2}}$`));
const span = z.strictObject({
  traceId: idOf(16),
  spanId: idOf(8),
  parentSpanId: idOf(8).optional(),
  flags: z.int().min(0).max(0xff_ff_ff_ff),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: unsigned64,
  endTimeUnixNano: unsigned64,
  attributes,
  status: z.strictObject({ code: z.int().min(0).max(2).optional(), message: z.string().optional() }),
});
const exportRequest = z.strictObject({
  resourceSpans: z.tuple([
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(
        z.strictObject({ scope: z.strictObject({ name: z.string().min(1) }), spans: z.array(span).min(1) }),
      ),
    }),
  ]),
});

export type ReadSpan = z.infer<typeof span>;

/** Reads a request. Throws for anything that the protocol does not know, or knows otherwise. */
export function decodeExport(body: string) {
  const [group] = exportRequest.parse(JSON.parse(body)).resourceSpans;
  return { resource: group.resource.attributes, spans: group.scopeSpans.flatMap(({ spans }) => spans) };
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
