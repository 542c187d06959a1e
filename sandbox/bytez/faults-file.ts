import { z } from 'zod';
import { faultSchema } from './bytez-fault.ts';

const accountSchema = z.strictObject({
  name: z.string().min(1),
  key: z.string().regex(/^[\x21-\x7E]+$/, 'Must be printable ASCII without spaces'),
  /** How many runs the account may have at once; 1 when absent. */
  seats: z.int().min(1).optional(),
  faults: z.array(faultSchema).readonly().optional(),
});

const fileSchema = z.strictObject({
  accounts: z.array(accountSchema).min(1).superRefine(rejectDuplicates),
  latencyMs: z.number().min(0).optional(),
  catalog: z.enum(['full', 'empty']).optional(),
});

/** One account of the stand-in: its key, its seats and its faults. */
export type SandboxAccount = Readonly<z.infer<typeof accountSchema>>;

export type FaultsFile = {
  readonly accounts: readonly SandboxAccount[];
  readonly latencyMs?: number | undefined;
  readonly catalog?: 'full' | 'empty' | undefined;
};

/** Parses the contents of the faults file; throws one error that lists every mistake. */
export function parseFaultsFile(json: unknown): FaultsFile {
  return parsed('use the faults file', fileSchema, json);
}

/** Returns the accounts; throws one error that lists every mistake. */
export function checkAccounts(accounts: readonly SandboxAccount[]): readonly SandboxAccount[] {
  return parsed('start the Bytez sandbox with these accounts', fileSchema.pick({ accounts: true }), { accounts })
    .accounts;
}

function parsed<Schema extends z.ZodType>(purpose: string, schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`Cannot ${purpose}:\n${z.prettifyError(result.error)}`);
}

function rejectDuplicates(accounts: readonly { name: string; key: string }[], context: z.RefinementCtx): void {
  for (const field of ['name', 'key'] as const) {
    for (const [index, account] of accounts.entries()) {
      const first = accounts.findIndex((other) => other[field] === account[field]);
      if (first === index) continue;
      context.addIssue({
        code: 'custom',
        path: [index, field],
        message: `Must differ from the ${field} of account ${first + 1}`,
      });
    }
  }
}
