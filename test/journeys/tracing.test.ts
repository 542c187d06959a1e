import { expect, test } from 'vitest';
import { type ReadSpan, startCollector } from '../observability/tracing/otlp-collector.ts';
import { openTestApp, testKey, testToken } from '../support/test-app.ts';
import { clientToken, openGatewayStage } from './gateway-stage.ts';

const named = (spans: readonly ReadSpan[], name: string) => spans.filter((span) => span.name === name);

test('a picture is told to a collector as a trace: the job, its wait, both calls, the fetching and the delivery, without words', async () => {
  await using collector = await startCollector(['x-tenant', 'my team']);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=my%20team',
    ROTATION_STRATEGY: 'primary-first',
  };
  const bot = await openTestApp({ accounts: [[{ do: { kind: 'unauthorized' } }], []], env });
  bot.person(7).say('/generate canary-words of a person');
  await bot.event('job.delivered');
  await bot[Symbol.asyncDispose]();
  expect(collector.refused).toEqual([]);
  const { spans, bodies } = collector;
  const [job] = named(spans, 'job');
  expect(job).toMatchObject({
    kind: 2,
    attributes: { 'darkroom.job.kind': 'image', 'darkroom.outcome': 'result', 'darkroom.calls': 2 },
    status: {},
  });
  expect(job?.parentSpanId).toBeUndefined();
  const others = spans.filter((span) => span !== job);
  expect(new Set(others.map(({ traceId, parentSpanId }) => `${traceId} ${parentSpanId}`))).toEqual(
    new Set([`${job?.traceId} ${job?.spanId}`]),
  );
  expect(named(spans, 'attempt').map(({ attributes, status }) => [attributes, status])).toMatchObject([
    [{ 'darkroom.key': 'bytez #1', 'darkroom.outcome': 'rejected', 'darkroom.blame': 'key' }, { code: 2 }],
    [{ 'gen_ai.provider.name': 'bytez', 'darkroom.key': 'bytez #2', 'darkroom.outcome': 'answered' }, {}],
  ]);
  expect([named(spans, 'wait').length, named(spans, 'fetch').length, named(spans, 'delivery').length]).toEqual([
    1, 1, 1,
  ]);
  for (const secret of ['canary-words', testKey(1), testKey(2), testToken, 'my team']) {
    expect(bodies.join('')).not.toContain(secret);
  }
});

test('a call of a program is a part of its own trace, which no provider is told of; one that it does not record is not told', async () => {
  await using collector = await startCollector();
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const header = (flags: string) => `00-${traceId}-b7ad6b7169203331-${flags}`;
  const seen: unknown[] = [];
  {
    await using stage = await openGatewayStage({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    const ask = async (traceparent: string) => {
      const body = { model: 'auto', messages: [{ role: 'user', content: 'canary-words of a program' }] };
      const headers = { authorization: `Bearer ${clientToken}`, 'content-type': 'application/json', traceparent };
      return (await stage.ask('/chat/completions', body, { headers })).status;
    };
    expect([await ask(header('01')), await ask(header('00')), await ask('nonsense')]).toEqual([200, 200, 200]);
    seen.push(...stage.openai.calls);
  }
  expect(JSON.stringify(seen)).not.toContain(traceId);
  const calls = named(collector.spans, 'gateway call');
  expect(calls).toHaveLength(2);
  expect(calls[0]).toMatchObject({
    traceId,
    parentSpanId: 'b7ad6b7169203331',
    attributes: { 'darkroom.client': 'tests', 'darkroom.job.kind': 'chat', 'darkroom.outcome': 'result' },
  });
  expect(calls[1]?.traceId).not.toBe(traceId);
  expect(named(collector.spans, 'attempt')).toHaveLength(2);
  expect(collector.bodies.join('')).not.toContain('canary-words');
});

test('a collector that is not there is told of in one warning, and nobody waits for it', async () => {
  await using bot = await openTestApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } });
  bot.person(7).say('/generate a red fox');
  await bot.event('job.delivered');
  await bot.app[Symbol.asyncDispose]();
  const warnings = bot.events.filter((event) => event.event === 'config.warning');
  expect(warnings.map((event) => ('text' in event ? event.text : ''))).toEqual([
    expect.stringMatching(/^OTEL_EXPORTER_OTLP_ENDPOINT takes no spans: it cannot be reached/),
  ]);
});
