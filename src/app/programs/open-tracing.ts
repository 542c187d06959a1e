import type { TracingConfig } from '../../config/tracing-settings.ts';
import type { Config } from '../../config/config.ts';
import { type ConnectorOptions, createConnector } from '../../media/connector.ts';
import { JobSpans, tracedEvents } from '../../observability/tracing/job-spans.ts';
import { type PostSpans, SpanExporter } from '../../observability/tracing/span-exporter.ts';
import { createHttpClient } from '../../providers/http/http-exchange.ts';
import type { Core } from '../core.ts';

const answerLimitBytes = 64 * 1_024;

export type OpenTracingOptions = {
  readonly tracing: TracingConfig;
  readonly config: Pick<Config, 'proxies'>;
  readonly core: Pick<Core, 'events' | 'clock'>;
  readonly network?: Pick<ConnectorOptions, 'resolve' | 'dial'> | undefined;
};

/** Tells a collector of OpenTelemetry of jobs and attempts; only loaded where one is set. */
export function openTracing({ tracing, config, core, network }: OpenTracingOptions): AsyncDisposable {
  const { events, clock } = core;
  const http = createHttpClient({ connector: createConnector({ ...network, proxies: config.proxies }) });
  const url = `${tracing.endpoint.replace(/\/$/, '')}/v1/traces`;
  const own = Object.entries(tracing.headers).map(([name, value]) => [name, value.reveal()] as const);
  const headers = { ...Object.fromEntries(own), 'content-type': 'application/json' };
  const post: PostSpans = async (body, signal) => {
    try {
      const reply = await http.call({ method: 'POST', url, headers, body, signal, bodyLimitBytes: answerLimitBytes });
      return reply.kind === 'answer' ? reply.status : undefined;
    } catch {
      return undefined;
    }
  };
  const exporter = new SpanExporter({
    post,
    resource: { 'service.name': tracing.serviceName },
    clock,
    emit: events.emit,
  });
  const spans = new JobSpans({ onSpan: (span) => exporter.add(span), nowMs: () => clock.now() });
  const hearing = events.on(tracedEvents, (event) => spans.hear(event));
  return {
    [Symbol.asyncDispose]: async () => {
      hearing[Symbol.dispose]();
      await exporter[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
    },
  };
}
