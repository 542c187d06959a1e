import { randomUUID } from 'node:crypto';
import type { GatewayAccess } from '../../domain/gateway/gateway-access.ts';
import { jobId } from '../../domain/ids.ts';
import type { ResultStore } from '../../domain/media.ts';

/**
 * Fetches the pictures that programs only name through the store of results: the same guard of addresses, the same limits,
 * and a file that is judged by its bytes. Nothing of it stays. Why a picture cannot be had is told without what the network
 * said, from which the caller could learn what is there.
 */
export function pictureFetcher(
  results: Pick<ResultStore, 'download' | 'open' | 'remove'>,
): GatewayAccess['fetchPicture'] {
  return async (url, signal) => {
    if (!/^https?:\/\//i.test(url)) return { ok: false, why: 'its address is neither http, https nor data' };
    const id = jobId(`sent-${randomUUID()}`);
    try {
      const stored = await results.download({ kind: 'url', url }, 'edit', id, signal);
      if (!stored.ok) {
        const isForbidden = stored.failure.reason === 'result-forbidden';
        return {
          ok: false,
          why: isForbidden ? 'its address is not a public one' : 'there is no picture at its address',
        };
      }
      const opened = await results.open(id, 0);
      const chunks: Uint8Array[] = [];
      if (opened !== undefined) for await (const chunk of opened.stream()) chunks.push(chunk);
      return { ok: true, bytes: Buffer.concat(chunks), mime: stored.file.mime };
    } finally {
      await results.remove(id);
    }
  };
}
