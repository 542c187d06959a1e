import type { FailureTable } from '../classification/classify.ts';
import { mentions } from '../classification/clauses.ts';
import { knownPhrases as says } from '../classification/phrases.ts';
import { usualLimits, usualPhrases, usualStatuses } from '../classification/usual-statuses.ts';

/** A node that calls a paid service, on a server that is logged in to none. */
const loginFirst = { means: 'rejected', says: mentions('please (?:log ?in|sign ?in) first') } as const;

/**
 * The failure table of ComfyUI. Before it takes a workflow it checks every node (`node_errors`, by type); what it then
 * misses are files, nodes or values of the workflow, never the words of a person: nobody serves this workflow. Errors of a
 * run come as status 500 with the type of the exception as their code.
 */
export const comfyuiFailures: FailureTable = {
  codes: {
    'unknown-model': [
      'value_not_in_list',
      'required_input_missing',
      'return_type_mismatch',
      'bad_linked_input',
      'invalid_input_type',
      'value_smaller_than_min',
      'value_bigger_than_max',
      'exception_during_validation',
      'exception_during_inner_validation',
      'dependency_cycle',
    ],
    /** Above all, the picture that was uploaded before is not there any more. */
    'failed-run': ['custom_validation_failed', 'execution_interrupted'],
    /** A picture of a person that the server cannot read. */
    'bad-request': ['UnidentifiedImageError', 'PIL.UnidentifiedImageError'],
  },
  types: {
    'unknown-model': [
      'prompt_outputs_failed_validation',
      'prompt_no_outputs',
      'missing_node_type',
      'invalid_prompt',
      'no_prompt',
    ],
  },
  statuses: [
    /** No route of it answers so: the address is another server's. */
    { from: 404, to: 405, means: 'malformed' },
    {
      from: 500,
      means: 'failed-run',
      unless: [loginFirst, says.paymentRequired, says.spentMoney, says.refusedPlainly],
    },
    ...usualStatuses,
  ],
  phrases: usualPhrases,
  limits: usualLimits,
};
