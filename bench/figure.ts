/** One number about Darkroom and the same number of its rival. */
export type Figure = {
  readonly what: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly app: number;
  readonly rival?: { readonly name: string; readonly value: number };
};

/** Shows what a benchmark is doing while it does it. */
export type Progress = (line: string) => void;

export type BenchmarkReport = {
  readonly figures: readonly Figure[];
  /** Why there is nothing, or less than usual, to show. */
  readonly skipped?: string;
};

export type Benchmark = {
  readonly name: string;
  readonly run: (progress: Progress) => Promise<BenchmarkReport>;
};

/** Darkroom's number as a multiple of its rival's. */
export function ratioOf({ app, rival }: Figure): number | undefined {
  return rival === undefined || rival.value === 0 ? undefined : app / rival.value;
}
