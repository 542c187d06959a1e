/** A value of an attribute; `undefined` is left out. */
export type AttributeValue = string | number | boolean | undefined;

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** `server`: it was asked for from outside; `client`: it asks somebody else; `internal`: neither. */
export type SpanKind = 'internal' | 'server' | 'client';

/** A span that has ended. Times are milliseconds since 1970. */
export type Span = {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly parentId?: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Why it counts as failed; a class, never words of anybody. */
  readonly failure?: string;
};

// The numbers of opentelemetry/proto/trace/v1/trace.proto, version 1.
const kinds = { internal: 1, server: 2, client: 3 } as const satisfies Record<SpanKind, number>;
const failed = 2;
/** The trace is recorded, so this span is too. */
const sampledFlag = 1;

/**
 * The body of an export request in OTLP's JSON (opentelemetry-proto 1.x, `ExportTraceServiceRequest`): names in camelCase, ids
 * in hex, 64-bit numbers as text, enumerations as numbers.
 */
export function exportRequest(spans: readonly Span[], resource: Attributes): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: 'darkroom' }, spans: spans.map((span) => spanOf(span)) }],
      },
    ],
  };
}

function spanOf({ traceId, spanId, parentId, name, kind, startMs, endMs, attributes, failure }: Span): object {
  return {
    traceId,
    spanId,
    ...(parentId === undefined ? {} : { parentSpanId: parentId }),
    flags: sampledFlag,
    name,
    kind: kinds[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(Math.max(startMs, endMs)),
    attributes: keyValues(attributes),
    status: failure === undefined ? {} : { code: failed, message: failure },
  };
}

/** A double has too few digits for nanoseconds since 1970. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * 1_000n);
}

function keyValues(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) return [];
    return [{ key, value: anyValue(value) }];
  });
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
