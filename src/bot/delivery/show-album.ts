import type { InputMediaDocument, InputMediaPhoto } from 'grammy/types';
import type { JobId } from '../../domain/ids.ts';
import type { Claim, JobDelivery, JobReader } from '../../domain/job-engine.ts';
import { albumIds, filesOf, firstOfAlbum, type Job, type Outcome } from '../../domain/job.ts';
import { traitsOf } from '../../domain/kinds.ts';
import type { SentFile } from '../../domain/personal/past-requests.ts';
import type { JobView } from '../../domain/views.ts';
import type { GenerationService } from '../../jobs/generation-service.ts';
import { mediaFor, named, placeOf, sentFileIn, type SendAs, type ShownFile } from './media-message.ts';
import { sendOnce, sendOnceAs } from './send-once.ts';
import { removeStatusMessage, type Shown, showOutcome, type ShowTools, viewsFor } from './show-outcome.ts';

type Reader = Pick<JobReader, 'find'>;
type Member = { readonly job: Job; readonly outcome: Outcome };

/** The jobs of an album that have ended; undefined while one of them has not. A forgotten one counts for nothing. */
export async function endedAlbum({ id, album }: Job, jobs: Reader): Promise<readonly Member[] | undefined> {
  const found = await Promise.all(albumIds(id, album?.size ?? 1).map((one) => jobs.find(one)));
  const members: Member[] = [];
  for (const job of found) {
    if (job === undefined) continue;
    if (!('outcome' in job.state)) return undefined;
    members.push({ job, outcome: job.state.outcome });
  }
  return members;
}

/** The album was shown with its first job: the others are told, too. It may be repeated after a crash. */
export async function finishAlbum(
  id: JobId,
  jobs: Reader,
  delivery: JobDelivery,
  sent: ReadonlyMap<JobId, readonly SentFile[]> = new Map(),
): Promise<void> {
  const job = await jobs.find(firstOfAlbum(id));
  if (job?.album === undefined || job.state.kind !== 'told') return;
  const [, ...others] = albumIds(job.id, job.album.size);
  for (const other of others) {
    const claim = await delivery.claim(other);
    if (claim !== undefined) await delivery.done(claim.lease, undefined, sent.get(other));
  }
}

type Picture = Member & { readonly shown: ShownFile };

/**
 * Shows the outcome of an album: its pictures as one album, then a message with their buttons, since Telegram allows none
 * on albums. If one picture or none was made, it is shown like the outcome of a single request. The intent of each message
 * is stored before it is sent; a message that may have arrived is sent once more. The claim is that of the first job.
 * Throws TryLater.
 */
export async function showAlbum(claim: Claim, members: readonly Member[], tools: ShowTools): Promise<Shown> {
  const pictures: Picture[] = [];
  for (const member of members) {
    const [file] = member.outcome.kind === 'result' ? filesOf(member.outcome.payload) : [];
    const opened = file && (await tools.results.open(member.job.id));
    if (file !== undefined && opened !== undefined) pictures.push({ ...member, shown: { file, opened } });
  }
  const [first, second] = pictures;
  if (first === undefined || second === undefined) {
    const only = first ?? members.find(({ outcome }) => outcome.kind !== 'result') ?? members[0];
    const { statusMessageId } = claim.job;
    const status = statusMessageId === undefined ? {} : { statusMessageId };
    const job = only === undefined ? claim.job : { ...only.job, ...status };
    return showOutcome({ ...claim, job }, only?.outcome ?? { kind: 'failed', code: 'result-unavailable' }, tools);
  }
  const { outbox, messages } = tools;
  const { chatId, messageId } = claim.job.origin;
  const shared = { ...tools, api: outbox.api, health: outbox.health };
  const sentAs = async (as: SendAs) => {
    const items = await Promise.all(pictures.map((one) => itemFor(one, as, tools)));
    const media = items.filter((item) => item.type === 'photo');
    // Telegram mixes no files with photos: where one does not fit, all are files.
    if (media.length < items.length && as === 'fitting') return { kind: 'refused', failure: 'bad-media' } as const;
    const files = items.filter((item) => item.type === 'document');
    const send = async () => {
      const messages = await outbox.api.sendMediaGroup(
        chatId,
        media.length > 0 ? media : files,
        placeOf(claim.job, messageId),
      );
      const [first, ...others] = messages.map(({ message_id }) => message_id);
      return { messageId: first ?? 0, otherIds: others, sent: messages.flatMap((one) => sentFileIn(one)) };
    };
    return sendOnceAs(claim, { kind: 'send-media', effects: ['album', 'album-again'], send }, shared);
  };
  const isFile = claim.job.wishes?.asFile === true;
  let sent = await sentAs(isFile ? 'document' : 'fitting');
  if (sent.kind === 'refused' && !isFile) sent = await sentAs('document');
  if (sent.kind === 'unsure')
    return { as: 'nothing', why: 'two albums were sent, and both may have arrived', held: 'unsure' };
  if (sent.kind === 'refused')
    return { as: 'nothing', why: sent.failure, held: sent.failure === 'closed' ? 'closed' : 'unsure' };
  const view = messages.album(
    claim.job.prompt,
    pictures.map(({ job }) => job.id),
    claim.job.locale,
  );
  const row = await sendOnce(claim, { as: 'fitting', view: messages.withReport(view, claim.job) }, shared, 2);
  await removeStatusMessage(claim, first.outcome, tools);
  const shownIn = row.kind === 'sent' ? row.messageId : sent.messageId;
  const { sent: files } = sent;
  const ofOthers = new Map(pictures.map(({ job }, index) => [job.id, files.slice(index, index + 1)] as const));
  return {
    as: 'message',
    messageId: shownIn,
    outcome: first.outcome,
    sent: ofOthers.get(claim.job.id) ?? [],
    ofOthers,
  };
}

async function itemFor({ job, outcome, shown }: Picture, as: SendAs, tools: ShowTools) {
  const [view] = await viewsFor(job, outcome, tools);
  const item = mediaFor(named(job, shown), traitsOf(job.kind).carrier, view, as);
  // The carrier of what has variations is a photo, which Telegram takes as one or as a document.
  return item as InputMediaPhoto | InputMediaDocument;
}

/** An album is where the first of its jobs is that has not ended. */
export async function albumView(
  id: JobId,
  view: JobView,
  size: number,
  service: Pick<GenerationService, 'find'>,
): Promise<JobView> {
  const found = await Promise.all(albumIds(id, size).map((one) => service.find(one)));
  const views = found.flatMap((one) => (one === undefined ? [] : [one.view]));
  const ready = views.filter(({ phase }) => phase.kind === 'ended' && phase.outcome.kind === 'result').length;
  const { phase } = views.find((one) => one.phase.kind !== 'ended') ?? view;
  return { ...view, phase, album: { ready, size } };
}
