import type { JobId } from '../domain/ids.ts';
import { jobKinds, type JobKind } from '../domain/job.ts';
import type { Localizer } from './catalog.ts';
import { callbackData, type MessageButton, type MessageView } from './view.ts';

export function cancelButton(localizer: Localizer, id: JobId): MessageButton {
  return { text: localizer.plain('button.cancel'), data: callbackData('cancel', id) };
}

export function refreshButton(localizer: Localizer, what: JobId | 'all'): MessageButton {
  return { text: localizer.plain('button.refresh'), data: callbackData('status', what) };
}

/** Leads to the list of the person's requests. */
export function myRequestsButton(localizer: Localizer): MessageButton {
  return { text: localizer.plain('button.my-requests'), data: callbackData('status', 'all') };
}

export function exampleButton(localizer: Localizer, kind: JobKind): MessageButton {
  return { text: localizer.plain(`button.example-${kind}`), data: callbackData('example', kind) };
}

/** An example of each kind, one under the other. */
export function exampleRows(localizer: Localizer): MessageView['rows'] {
  return jobKinds.map((kind) => [exampleButton(localizer, kind)]);
}

/** Asks for the same job once more. */
export function againButton(
  localizer: Localizer,
  id: JobId,
  label: 'button.again' | 'button.try-again',
): MessageButton {
  return { text: localizer.plain(label), data: callbackData('again', id) };
}
