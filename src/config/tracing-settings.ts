import { Secret } from '../kit/secret.ts';
import { bad, good, type Parser } from './parsers.ts';

/** Where spans of OpenTelemetry go. */
export type TracingConfig = {
  /** `/v1/traces` is put behind it. */
  readonly endpoint: string;
  /** Sent along; they may let somebody in, so each value is a secret. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly serviceName: string;
};

const headerName = /^[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}$/;
const headerValue = /^[\x20-\x7e]{1,2000}$/;

/** `api-key=abc,x-tenant=my%20team`, as the OpenTelemetry specification has it: values may be percent-encoded. */
export const otlpHeaders: Parser<Readonly<Record<string, Secret>>> = (text) => {
  const wrong = bad('must be names and values as in api-key=abc,x-tenant=team, values percent-encoded where needed');
  const entries: [string, Secret][] = [];
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, at)).trim().toLowerCase();
    const value = decoded(pair.slice(at + 1).trim());
    if (!headerName.test(name) || value === undefined || !headerValue.test(value)) return wrong;
    entries.push([name, new Secret(value)]);
  }
  return good(Object.fromEntries(entries));
};

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

type TracingVariables = {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string | undefined;
  readonly OTEL_EXPORTER_OTLP_HEADERS: Readonly<Record<string, Secret>> | undefined;
  readonly OTEL_SERVICE_NAME: string;
};

export function tracingOf(env: TracingVariables): TracingConfig | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = {} } = env;
  return endpoint === undefined ? undefined : { endpoint, headers, serviceName: env.OTEL_SERVICE_NAME };
}
