/** The trace of a caller, in which its call is a part: 32 and 16 hex digits, as W3C Trace Context has them. */
export type TraceParent = {
  readonly traceId: string;
  readonly parentId: string;
  /** The caller records its trace; of one that it does not record nothing is told. */
  readonly isSampled: boolean;
};

const header = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,200})?$/;

/** Reads a `traceparent` header (W3C Trace Context, level 1); undefined for one that has to be ignored. */
export function parseTraceParent(text: string | undefined): TraceParent | undefined {
  const [, version, traceId = '', parentId = '', flags = '', more] = header.exec(text?.trim() ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, parentId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
