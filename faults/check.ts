/** One promise of Darkroom, and the result of checking it. */
export type Check = {
  readonly what: string;
  readonly found: number | string;
  readonly wanted: string;
  readonly holds: boolean;
};

/** A promise that something never happens. */
export function none(what: string, found: number): Check {
  return { what, found, wanted: '0', holds: found === 0 };
}

/** A promise that a number is not above a limit. */
export function atMost(what: string, found: number, limit: number, unit = ''): Check {
  const shown = (value: number) => `${Number.isInteger(value) ? value : value.toFixed(2)}${unit}`;
  return { what, found: shown(found), wanted: `<= ${shown(limit)}`, holds: found <= limit };
}

/** A promise that two numbers are the same. */
export function same(what: string, found: number, wanted: number): Check {
  return { what, found, wanted: String(wanted), holds: found === wanted };
}

/** A figure without a promise. */
export function info(what: string, found: number | string): Check {
  return { what, found, wanted: '', holds: true };
}

/** The results of one part of the campaign. */
export type PartReport = {
  readonly checks: readonly Check[];
  /** Why it cannot run here. */
  readonly skipped?: string;
};

export type Part = {
  readonly name: string;
  readonly about: string;
  readonly run: (options: PartOptions) => Promise<PartReport>;
};

export type PartOptions = {
  readonly seed: number;
  readonly progress: (line: string) => void;
};
