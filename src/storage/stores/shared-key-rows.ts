import { z } from 'zod';
import { isProviderName, type KeyId } from '../../domain/ids.ts';
import type { KnownFact, SharedFact, SharedNews } from '../../domain/shared/shared-keys.ts';
import type { Row } from '../database.ts';
import { fromJson, numberOf, parseRow } from '../rows.ts';
import { StorageError } from '../storage-error.ts';
import { callWindow, keyBalance, keyState, seatRecord, storedKeyId, toldSpan } from './key-store.ts';

const sharedKey = z.object({
  state: keyState,
  limitedInARow: z.number(),
  account: storedKeyId.exactOptional(),
  balance: keyBalance.exactOptional(),
});
const provider = z.string().refine(isProviderName);
const cooldown = z.object({
  forMs: z.number(),
  why: z.enum(['unknown', 'closed', 'down']),
  isGone: z.literal(true).exactOptional(),
});
const account = z.object({ seats: seatRecord, window: callWindow.exactOptional(), told: toldSpan.exactOptional() });

const sharedFact: z.ZodType<SharedFact, string> = z
  .string()
  .transform(fromJson)
  .pipe(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('key'), id: storedKeyId, value: sharedKey }),
      z.object({ kind: z.literal('account'), id: storedKeyId, value: account }),
      z.object({ kind: z.literal('breaker'), id: provider, value: z.object({ isOpen: z.boolean() }) }),
      z.object({ kind: z.literal('model'), id: z.string(), value: cooldown }),
    ]),
  );

const by = { by: z.string().exactOptional() };
const factKind = z.enum(['key', 'account', 'breaker', 'model']);
const sharedNews: z.ZodType<SharedNews, string> = z
  .string()
  .transform(fromJson)
  .pipe(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('seats'), keyId: storedKeyId, ...by }),
      z.object({ kind: z.literal('fact'), name: z.object({ kind: factKind, id: z.string() }), ...by }),
      z.object({ kind: z.literal('settings'), ...by }),
      z.object({ kind: z.literal('spent'), provider, userId: z.number(), usd: z.number(), ...by }),
    ]),
  );

const call = z.tuple([storedKeyId, z.number(), z.boolean()]);
const viewRow = z.object({ at: z.number(), calls: z.string().transform(fromJson).pipe(z.array(call)) });

/** Undefined for what another version says and this one does not know. */
export function newsOf(text: string): SharedNews | undefined {
  return sharedNews.safeParse(text).data;
}

/** When each call began, by the clock of the database, and whether it is under way. */
export function parseCalls(row: Row | undefined): z.output<typeof viewRow> {
  return parseRow('key_seats', viewRow, row ?? {});
}

/** Undefined where another version wrote it in a way that this one cannot read: then it is as if nobody had. */
export function factOf(row: Row): KnownFact | undefined {
  try {
    const { fact } = parseRow('key_facts', z.object({ fact: sharedFact }), row);
    const [version, savedAtMs, ageMs] = [
      numberOf(row, 'version'),
      numberOf(row, 'saved_at_ms'),
      numberOf(row, 'age_ms'),
    ];
    return { fact, version, savedAtMs, ageMs };
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

export function keyIdsOf(rows: readonly Row[]): ReadonlySet<KeyId> {
  return new Set(rows.map((row) => parseRow('key_seats', z.object({ key_id: storedKeyId }), row).key_id));
}
