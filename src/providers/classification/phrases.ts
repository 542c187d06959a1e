import type { Phrase } from './classify.ts';
import { blockWords } from './block-words.ts';
import { anyOf, mentions, saysOf } from './clauses.ts';
import { rejectionWords } from './credential-words.ts';
import { adviceToPay, allowanceWords, paceWords, spentCredit, spentMoney } from './money-words.ts';
import { refusalWords } from './refusal-words.ts';

const concurrencyWords =
  'concurren\\w+|simultaneous(?:ly)? (?:requests?|runs?|calls?|jobs?|tasks?|generations?)|parallel (?:requests?|runs?|calls?|jobs?|tasks?)|(?:requests?|runs?|calls?|jobs?|tasks?) (?:in parallel|at once|at the same time|simultaneously)|in ?flight|(?:another|previous) (?:request|run|call|job|task|generation)s? (?:is|are) (?:still |already |currently )?(?:in progress|running|active|being processed|pending)|already (?:have|has) an? (?:active |running )?(?:request|run|job|task)';

/** Phrases that several providers use, each with its default reason. */
export const knownPhrases = {
  blocksThisMachine: { means: 'blocks-this-machine', says: blockWords },
  spentMoney: { means: 'out-of-credit', says: spentMoney },
  spentCredit: { means: 'out-of-credit', says: spentCredit },
  adviceToPay: { means: 'out-of-credit', says: adviceToPay },
  paymentRequired: { means: 'out-of-credit', says: mentions('payment required') },
  /** An amount of a day or a longer time, which a wait of seconds does not bring back. */
  allowance: { means: 'out-of-credit', says: allowanceWords },
  /** Sufficient only when the status already indicates a limit. */
  credit: { means: 'out-of-credit', says: mentions(String.raw`credits?(?! cards?)|quotas?|payment`) },
  concurrency: { means: 'concurrency', says: mentions(concurrencyWords) },
  /** The most likely meaning is the number of concurrent runs; sufficient only when the status already indicates a limit. */
  atATime: { means: 'concurrency', says: mentions('at a time|at the same time|at once|simultaneous(?:ly)?|parallel') },
  planAllows: { means: 'concurrency', says: mentions('plan allows for') },
  /** A pace: what is spent comes back within seconds or minutes, whatever it is counted in. */
  pace: { means: 'rate-limited', says: paceWords },
  rateLimit: {
    means: 'rate-limited',
    says: anyOf(
      mentions(
        String.raw`rate ?limit(?:s|ed|ing)?|too many (?:requests?|calls?|queries)|throttl(?:ed|ing|e)|slow down|too (?:fast|frequent|frequently|often|quickly)|request rate|resource (?:has been |is |was )?exhausted|frequency limit|请求过于频繁|请求频率|速率限制`,
      ),
      saysOf({
        subject: 'requests?|calls?',
        state: 'too many|limit (?:reached|exceeded|hit)|exceeded',
        except: 'size|length|deadline|time|timeout|context|tokens?|entity|payload',
      }),
      /\berror code: ?1015\b/i,
    ),
  },
  rejected: { means: 'rejected', says: rejectionWords },
  /** The key is valid, but its plan, region or rights exclude this model. */
  notEntitled: {
    means: 'not-entitled',
    says: anyOf(
      /\bmodels?\b.{0,80}\b(?:plans?|tiers?|subscriptions?|subscribers|paid|upgrade)\b|\b(?:plans?|tiers?|subscriptions?|upgrade)\b.{0,80}\bmodels?\b|\b(?:plan|tier|subscription) (?:does not|doesn't|do not|only) (?:allow|include|cover|support|permit)|(?:\bnot? |n't |den(?:y|ied) |lacks? |without )(?:have |been )?(?:access|permission|permitted|allowed|entitled|granted|enabled)\b.{0,60}\bmodels?\b|\bmodels?\b.{0,60}\b(?:not (?:allowed|enabled|permitted|authori[sz]ed|included)|access (?:is |was )?denied)\b|verified to use (?:the|this) model|parameters?\b.{0,40}\b(?:plans?|tiers?)\b/i,
      saysOf({
        subject: 'locations?|countr(?:y|ies)|regions?|territor(?:y|ies)|jurisdictions?|geograph(?:y|ic|ical)',
        state:
          "not (?:supported|available|allowed|permitted|served)|unsupported|unavailable|restricted|blocked|prohibited|banned|(?:isn't|aren't) (?:supported|available)",
        except: 'images?|prompts?|crop|pixels?|masks?',
      }),
    ),
  },
  unknownModel: {
    means: 'unknown-model',
    says: anyOf(
      /does not exist or has yet to be added|model[^.]{0,80}(?:not found|does not exist)|model_not_found|unknown model/i,
      saysOf({
        subject: 'models?',
        state: String.raw`not found|(?:does not|doesn't) exist|unknown|no such|not available|isn't available|no longer (?:available|supported)|deprecated|decommissioned|retired|not supported|unsupported|invalid|not a valid|not deployed|shut ?down|discontinued`,
        except:
          'plans?|tiers?|subscriptions?|keys?|tokens?|parameters?|arguments?|inputs?|outputs?|prompts?|images?|countr(?:y|ies)|regions?|load(?:ed|ing)|capacity|width|height|size|at this time|currently|temporarily',
      }),
    ),
  },
  refused: { means: 'refused', says: refusalWords },
  /** Certain even when the status blames the provider. */
  refusedPlainly: {
    means: 'refused',
    says: /rejected (?:as a result of|by) (?:our|the) (?:content |safety |moderation )|violat(?:es?|ed|ing) (?:our|the) (?:content|usage|safety) polic|content[ _-]?policy[ _-]?violation|moderation_blocked/i,
  },
  /** A parameter or value that the model does not support: every retry fails the same way. */
  strangeParameter: { means: 'bad-request', says: /unexpected keyword argument|have to be divisible by/i },
  /** The prompt itself cannot be processed. */
  unusablePrompt: {
    means: 'bad-request',
    says: /\b(?:prompt|text|input) (?:is |was )?(?:too (?:long|short)|empty|missing)|maximum (?:context|prompt|input) length|\bexpected parameter\(s\)|(?:missing|empty|invalid) prompt\b/i,
  },
  /** Sufficient only when the status already blames the request. */
  unusableField: {
    means: 'bad-request',
    says: saysOf({
      subject: 'prompts?|text|inputs?|fields?|parameters?|request body|body|payload|values?|json|arguments?',
      state: String.raw`too (?:long|short|large|big)|empty|missing|required|must (?:be|not|have)|should be|exceeds? (?:the )?(?:maximum|max|limit|length)|characters or (?:less|fewer)|not valid|invalid|malformed|not permitted|unsupported|unknown|unexpected|unrecogni[sz]ed|out of range`,
      except:
        'keys?|credentials?|authori[sz]ation|authentication|credits?|quotas?|balance|upstream|tokens?|accounts?|billing|payment',
    }),
  },
  timedOut: {
    means: 'timed-out',
    says: /timed[ -]out|time[ -]?out (?:exceeded|expired|reached|error)|gateway time-?out|deadline exceeded/i,
  },
  overloaded: {
    means: 'overloaded',
    says: /capacity|overload|(?:is|still|currently|being) load(?:ing|ed)|unavailable|try again later|server is busy|负载|high demand|\bbusy\b/i,
  },
  failedRun: {
    means: 'failed-run',
    says: /(?:error|exception)\b|\bfailed\b|\bcuda\b|out of memory|\boom\b|traceback|\bassert|\bcrash|\bkilled\b|something went wrong|no output|\b(?:cannot|could not|unable to)\b/i,
  },
} as const satisfies Record<string, Phrase>;
