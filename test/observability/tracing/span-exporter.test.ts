import { expect, test } from 'vitest';
import type { Span } from '../../../src/observability/tracing/otlp.ts';
import { SpanExporter } from '../../../src/observability/tracing/span-exporter.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { decodeExport } from './otlp-collector.ts';

const spanNamed = (name: string): Span => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name,
  kind: 'internal',
  startMs: 0,
  endMs: 1,
  attributes: {},
});

function anExporter(statuses: (number | undefined)[]) {
  const clock = fakeClock();
  const sent: string[][] = [];
  const warnings: string[] = [];
  const exporter = new SpanExporter({
    post: async (body) => {
      sent.push(decodeExport(body).spans.map(({ name }) => name));
      return statuses.length > 1 ? statuses.shift() : statuses[0];
    },
    resource: {},
    clock,
    emit: (event) => event.event === 'config.warning' && warnings.push(event.text),
  });
  return { clock, sent, warnings, exporter };
}

test('SpanExporter sends batches of 512, every five seconds, and what is left at the end', async () => {
  const { clock, sent, exporter } = anExporter([200]);
  for (let index = 0; index < 600; index += 1) exporter.add(spanNamed(`${index}`));
  await clock.advance(5_000);
  expect(sent.map((batch) => batch.length)).toEqual([512, 88]);
  exporter.add(spanNamed('last'));
  await exporter[Symbol.asyncDispose]();
  expect(sent[2]).toEqual(['last']);
});

test('a collector that is away is told later, in order, and one warning says so', async () => {
  const { clock, sent, warnings, exporter } = anExporter([undefined, 503, 200]);
  exporter.add(spanNamed('first'));
  await clock.advance(5_000);
  exporter.add(spanNamed('second'));
  await clock.advance(5_000);
  expect(exporter.waiting).toBe(2);
  await clock.advance(5_000);
  expect([sent.at(-1), exporter.waiting, exporter.dropped]).toEqual([['first', 'second'], 0, 0]);
  expect(warnings).toEqual([
    'OTEL_EXPORTER_OTLP_ENDPOINT takes no spans: it cannot be reached; jobs go on, spans are kept for a while',
  ]);
  await exporter[Symbol.asyncDispose]();
});

test('a refusal for good drops its batch, and memory stays bounded however long the collector is away', async () => {
  const refusing = anExporter([401]);
  refusing.exporter.add(spanNamed('refused'));
  await refusing.clock.advance(5_000);
  expect([refusing.exporter.waiting, refusing.exporter.dropped]).toEqual([0, 1]);
  await refusing.exporter[Symbol.asyncDispose]();
  const away = anExporter([undefined]);
  for (let index = 0; index < 100_000; index += 1) away.exporter.add(spanNamed('x'));
  expect(away.exporter.waiting).toBeLessThanOrEqual(4_096);
  await away.clock.advance(60_000);
  expect(away.exporter.waiting + away.exporter.dropped).toBe(100_000);
  expect(away.exporter.waiting).toBeLessThanOrEqual(4_096);
  await away.exporter[Symbol.asyncDispose]();
});
