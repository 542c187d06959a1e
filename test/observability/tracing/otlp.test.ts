import { expect, test } from 'vitest';
import { parseTraceParent } from '../../../src/domain/gateway/client-call.ts';
import { exportRequest, type Span } from '../../../src/observability/tracing/otlp.ts';
import { decodeExport } from './otlp-collector.ts';

const span: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentId: '00f067aa0ba902b7',
  name: 'attempt',
  kind: 'client',
  startMs: 1_796_000_000_000.25,
  endMs: 1_796_000_001_234.5,
  attributes: { text: 'a "quoted" é', whole: 12, half: 0.5, yes: true, missing: undefined, none: Number.NaN },
  failure: 'rate-limited',
};

test('exportRequest() is read as it was meant, to the nanosecond', () => {
  const { resource, spans } = decodeExport(JSON.stringify(exportRequest([span], { 'service.name': 'darkroom' })));
  expect(resource).toEqual({ 'service.name': 'darkroom' });
  expect(spans).toMatchObject([
    {
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentId,
      name: 'attempt',
      kind: 3,
      startTimeUnixNano: '1796000000000250000',
      endTimeUnixNano: '1796000001234500000',
      attributes: { text: 'a "quoted" é', whole: 12, half: 0.5, yes: true },
      status: { code: 2, message: 'rate-limited' },
    },
  ]);
  expect(Object.keys(spans[0]?.attributes ?? {})).toHaveLength(4);
});

test('the collector of the tests refuses names and types that the protocol does not have', () => {
  const request = exportRequest([span], {}) as { resourceSpans: object[] };
  expect(() => decodeExport(JSON.stringify({ ...request, more: 1 }))).toThrow('unrecognized_keys');
  expect(() => decodeExport(JSON.stringify(request).replace('"endTimeUnixNano"', '"endTime"'))).toThrow(
    'endTimeUnixNano',
  );
});

const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test.each([
  [good, true],
  [good.replace(/01$/, '00'), false],
  [`cc${good.slice(2)}-more`, true],
])('parseTraceParent() reads %s', (text, isSampled) => {
  const parentId = 'b7ad6b7169203331';
  expect(parseTraceParent(text)).toEqual({ traceId: '0af7651916cd43dd8448eb211c80319c', parentId, isSampled });
});

test.each([
  undefined,
  '',
  good.toUpperCase(),
  `${good}-more`,
  `ff${good.slice(2)}`,
  good.replace(/[1-9a-f]/g, '0'),
  good.slice(0, -1),
  `${good}\r\nx: y`,
])('parseTraceParent() ignores %j', (text) => {
  expect(parseTraceParent(text)).toBeUndefined();
});
