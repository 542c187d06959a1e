import { isIP } from 'node:net';
import { z } from 'zod';
import type { ApiClient } from '../domain/gateway/api-client.ts';
import { jobKinds, lanes } from '../domain/kinds.ts';
import { type TableRows, rowMistakes, readTable, yaml } from './table-file.ts';

/** What a client may be called. */
export const clientName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export const webhookAddress = z
  .string()
  .max(2_048)
  .refine(isWebhookAddress, 'must be an https address, or an http one of this machine or a private network');

const rowSchema = z.strictObject({
  name: z.string().regex(clientName, 'must be letters, digits, dots, hyphens and underscores, 64 at most'),
  token_sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the token, 64 hex digits in small letters'),
  kinds: z.array(z.enum(jobKinds)).min(1).optional(),
  budget_per_day: z.number().min(0).max(1_000_000).optional(),
  lane: z.enum(lanes).default('free'),
  rate_per_minute: z.number().int().min(1).max(1_000_000).optional(),
  running: z.number().int().min(1).max(10_000).optional(),
  webhook: webhookAddress.optional(),
});

/**
 * Parses the clients of the gateway (API_CLIENTS_FILE): a list of rows in YAML or JSON, or such a list under `clients`.
 * Every mistake names its row, counted from 1; with one of them no row counts.
 */
export function parseClientsFile(text: string): TableRows<ApiClient> {
  const table = readTable(text, 'clients');
  if (!table.ok) return table;
  const rows: ApiClient[] = [];
  const mistakes: string[] = [];
  const [names, hashes] = [new Set<string>(), new Set<string>()];
  for (const [index, written] of table.rows.entries()) {
    const where = `row ${index + 1}`;
    const parsed = rowSchema.safeParse(written);
    if (!parsed.success) {
      mistakes.push(...rowMistakes(where, parsed.error));
      continue;
    }
    const row = parsed.data;
    if (names.has(row.name)) mistakes.push(`${where} has the name of a row before it`);
    if (hashes.has(row.token_sha256)) mistakes.push(`${where} has the token of a row before it`);
    names.add(row.name);
    hashes.add(row.token_sha256);
    rows.push({
      name: row.name,
      tokenHash: row.token_sha256,
      lane: row.lane,
      ...(row.kinds === undefined ? {} : { kinds: row.kinds }),
      ...(row.budget_per_day === undefined ? {} : { budgetPerDay: row.budget_per_day }),
      ...(row.rate_per_minute === undefined ? {} : { ratePerMinute: row.rate_per_minute }),
      ...(row.running === undefined ? {} : { running: row.running }),
      ...(row.webhook === undefined ? {} : { webhook: row.webhook }),
    });
  }
  return mistakes.length === 0 ? { ok: true, rows } : { ok: false, mistakes };
}

/** The fields of a row as the file names them. */
export type ClientRow = z.input<typeof rowSchema>;

const header = ' Programs that may ask through /v1. Of each token only its SHA-256 is kept.';

/** The text of the file with one more client; comments and the other rows stay as they are. */
export function withClient(text: string, row: ClientRow, isJson: boolean): string {
  if (isJson) return jsonWith(text, (rows) => [...rows, row]);
  const { isMap, isSeq, parseDocument } = yaml();
  const document = parseDocument(text, { version: '1.2' });
  const { contents } = document;
  if (isSeq(contents)) document.add(document.createNode(row));
  else if (isMap(contents) && isSeq(contents.get('clients'))) document.addIn(['clients'], document.createNode(row));
  else {
    document.contents = document.createNode({ clients: [row] }) as typeof document.contents;
    document.commentBefore ??= header;
  }
  return document.toString({ lineWidth: 0 });
}

/** The text of the file without this client. */
export function withoutClient(text: string, name: string, isJson: boolean): string {
  const isOther = (row: unknown) => typeof row !== 'object' || row === null || !('name' in row) || row.name !== name;
  if (isJson) return jsonWith(text, (rows) => rows.filter(isOther));
  const { isMap, isSeq, parseDocument } = yaml();
  const document = parseDocument(text, { version: '1.2' });
  const rows = isSeq(document.contents) ? document.contents : document.getIn(['clients'], true);
  if (isSeq(rows)) rows.items = rows.items.filter((item) => !isMap(item) || String(item.get('name')) !== name);
  return document.toString({ lineWidth: 0 });
}

function jsonWith(text: string, change: (rows: readonly unknown[]) => readonly unknown[]): string {
  const table = readTable(text, 'clients');
  return `${JSON.stringify({ clients: change(table.ok ? table.rows : []) }, null, 2)}\n`;
}

/** The operator's own word: any https host, and plain http only where no one can listen in between. */
function isWebhookAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return true;
  const host = hostname.replace(/^\[|\]$/g, '');
  return protocol === 'http:' && (host === 'localhost' || isIP(host) !== 0 || !host.includes('.'));
}
