import { z } from 'zod';
import type { JobId } from '../../../domain/ids.ts';
import type { ChatTurn } from '../../../domain/provider.ts';
import type { Database, Steps } from '../../database.ts';
import { parseRow } from '../../rows.ts';

const turnsRow = z.object({ prompt: z.string(), text: z.string() });

/** What the person asked before in the chat of the job; a question without an answer in words is left out. */
export function* conversationBefore(database: Database, id: JobId, atMost: number): Steps<readonly ChatTurn[]> {
  const rows = yield* database.all(
    `SELECT earlier.prompt, earlier.outcome ->> '$.payload.text' AS text
     FROM jobs AS own
     JOIN jobs AS earlier ON earlier.user_id = own.user_id AND earlier.chat_id = own.chat_id
       AND earlier.kind = 'chat' AND earlier.seq < own.seq
     LEFT JOIN conversations ON conversations.chat_id = own.chat_id AND conversations.user_id = own.user_id
     WHERE own.id = ? AND earlier.forgotten = 0 AND earlier.state IN ('ended', 'told')
       AND earlier.accepted_at_ms >= coalesce(began_at_ms, 0)
       AND CASE WHEN json_valid(earlier.outcome) THEN earlier.outcome ->> '$.payload.kind' END = 'text'
     ORDER BY earlier.seq DESC LIMIT ?`,
    id,
    atMost,
  );
  return rows
    .toReversed()
    .map((row) => parseRow('jobs', turnsRow, row))
    .flatMap(({ prompt, text }): readonly ChatTurn[] => [
      { role: 'person', text: prompt },
      { role: 'model', text },
    ]);
}
