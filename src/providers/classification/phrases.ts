import type { Phrase } from './classify.ts';
import { blockWords } from './block-words.ts';
import { anyOf, mentions, saysOf } from './clauses.ts';

const broken = String.raw`invalid|incorrect|wrong|bad|malformed|expired?|revoked|disabled|deactivated|deleted|blocked|banned|suspended|terminated|leaked|unknown|missing|unrecogni[sz]ed|unauthori[sz]ed|inactive|rejected|denied|fail(?:ed|ure)|required|not (?:found|valid|active|activated|accepted|authori[sz]ed|recogni[sz]ed|enabled|correct|provided|present|exist)|(?:isn't|is not|no longer) (?:valid|active|correct|accepted)|does(?: not|n't) exist|无效|已过期|过期`;

const credential =
  'api ?keys?|secret keys?|access keys?|(?:api|access|auth|authentication|authorization|bearer|secret|refresh) tokens?|credentials?|authentication|authorization header|api ?tokens?|令牌|密钥';

/** A bare "key" or "token" is a credential only in short statements: `invalid token`, `token has expired`. */
const bareCredential = 'keys?|tokens?';
const plainlyBroken = String.raw`invalid|incorrect|expired?|revoked|disabled|deactivated|suspended|banned|not (?:valid|found|active|recogni[sz]ed|authori[sz]ed)`;
const ofTheRequest =
  'prompts?|inputs?|outputs?|json|position|character|unexpected|syntax|parameters?|params?|fields?|properties|property|kwargs?|arguments?|body|dict|max|maximum|context|length|count|vocab(?:ulary)?|tokeniz\\w+|id|ids|start|end|special|eos|stop|sequence|value';

const moneyWords = String.raw`credits?(?! cards?)|balances?|funds|prepay(?:ment)?|prepaid|wallet|billing(?: hard)? limits?|(?:spend(?:ing)?|billing|hard|credit|cost|budget) (?:hard |soft )?(?:limits?|caps?)|budgets?|pollen|余额`;
const quotaWords = String.raw`quotas?|usage (?:hard |soft )?(?:limits?|caps?)|included (?:usage|requests?)|free (?:allocation|allowance)|neurons|额度`;
const spent = String.raw`insufficient|insufficiency|not enough|(?:not|isn't|aren't) sufficient|inadequate|lacks?|lacking|out of|(?:run|ran|runs|running) out|exhausted|depleted|exceed(?:s|ed|ing)?|reached|over|hit|used up|used all|consumed|too low|low|(?:is|are|at|below) zero|(?:is|of) \$?0(?:\.0+)?|negative|(?:is|are) empty|no|no more|no remaining|none left|required|requires more|needs? more|overdrawn|expired|不足|用尽|已用完`;
const notOfMoney = String.raw`charged|given back|refund(?:ed)?|credit cards?|(?:white|colou?r) balance|check quota`;

/** What a person asks for, as a provider calls it. */
const asked = String.raw`prompts?|content|input|text|images?|pictures?|videos?|messages?|quer(?:y|ies)|descriptions?|words?|topics?|subjects?|generations?|outputs?`;
const turnedDown = String.raw`not allowed|not permitted|isn't allowed|disallowed|forbidden|prohibited|banned|blocked|refused|rejected|declined|denied|flagged|filtered|censored|moderated|inappropriate|unacceptable|offensive|harmful|illegal|restricted|sensitive|objectionable|against (?:our|the)|violat(?:e|es|ed|ing|ion)|unsafe|not (?:safe|acceptable|appropriate)`;
/** A clause with one of these speaks of rights, of the form of a request, or of the network. */
const notOfContent = String.raw`plans?|tiers?|subscriptions?|accounts?|keys?|tokens?|permissions?|credentials?|organi[sz]ations?|projects?|ips?|ip address(?:es)?|network|regions?|countr(?:y|ies)|location|origin|method|roles?|scopes?|endpoints?|models?|content (?:type|length|encoding|disposition)|formats?|sizes?|dimensions?|resolutions?|types?|lengths?|width|height|parameters?|fields?|files?|extensions?|mime|characters?|base64|encod\w+|decod\w+|extra inputs?|propert(?:y|ies)|unexpected|concurren\w+|rate|quota|credits?|urls?|headers?|access`;
const rules = String.raw`(?<!(?:security|cors|privacy|data|network|organi[sz]ation|org|access|retention|referrer|training|fair) )(?:polic(?:y|ies)|guidelines?|guardrails?|terms of (?:service|use)|acceptable use|(?:our|community|content|safety|usage) (?:standards|rules))`;
const againstRules = String.raw`violat(?:e|es|ed|ing|ion|ions)|breach(?:es|ed)?|blocked|not allowed|rejected|denied|refused|declined|flagged|prohibited|prohibits?|forbidden|forbids?|disallowed|disallows?|against|contrary|(?:not|n't) comply|non compliant|triggered|conflicts?|goes against|not permitted|does not permit|not allow|due to|by`;
const grave = String.raw`nudity|nude|porn\w*|sexual(?:ly)?|explicit|gore|gory|violen(?:ce|t)|hate(?:ful)?|self harm|minors?|child(?:ren)?|copyright(?:ed)?|trademark(?:ed)?|public figures?|celebrit(?:y|ies)|real (?:people|persons?)|likeness|harassment|extremism|terrorism|adult|suggestive|harmful|disturbing|offensive`;
const found = String.raw`detected|contains?|found|not allowed|blocked|flagged|rejected|refused|denied|declined|prohibited|forbidden|disallowed|not permitted|can't|cannot|unable to|may contain|depict\w*|resembles?|not supported|violat\w+`;
const concurrencyWords =
  'concurren\\w+|simultaneous(?:ly)? (?:requests?|runs?|calls?|jobs?|tasks?|generations?)|parallel (?:requests?|runs?|calls?|jobs?|tasks?)|(?:requests?|runs?|calls?|jobs?|tasks?) (?:in parallel|at once|at the same time|simultaneously)|already (?:have|has) an? (?:active |running )?(?:request|run|job|task)';

const spentMoney = anyOf(
  saysOf({ subject: moneyWords, state: spent, except: notOfMoney }),
  saysOf({
    subject: 'payments?|payment method|bills?|invoices?|subscription|billing',
    state:
      'required|failed|declined|overdue|past due|unpaid|not (?:active|enabled|configured|set up)|inactive|missing|lapsed|expired|no',
    except: 'models?|images?|prompts?',
  }),
  mentions(
    'can only afford|(?:top|topping) up(?: your)?|recharge|请充值|arrears|欠费|purchase (?:more )?credits|add (?:more )?credits to',
  ),
);

/** Phrases that several providers use, each with its default reason. */
export const knownPhrases = {
  blocksThisMachine: { means: 'blocks-this-machine', says: blockWords },
  spentMoney: { means: 'out-of-credit', says: spentMoney },
  spentCredit: {
    means: 'out-of-credit',
    says: anyOf(spentMoney, saysOf({ subject: quotaWords, state: spent, except: notOfMoney })),
  },
  paymentRequired: { means: 'out-of-credit', says: mentions('payment required') },
  /** An amount of a day or a longer time, which a wait of seconds does not bring back. */
  allowance: {
    means: 'out-of-credit',
    says: anyOf(
      saysOf({
        subject: String.raw`daily|weekly|monthly|per (?:day|week|month|24 hours)|(?:a|each|every) (?:day|week|month)|/ ?(?:day|month)|today(?:'s)?|this (?:month|week)|tomorrow|\d+[ -]?hours?|24h|rpd|每日|今日`,
        state:
          'limits?|limited|quotas?|allowances?|caps?|allocation|maximum|exceeded|reached|exhausted|used up|用完|上限',
      }),
      mentions('(?:daily|monthly|weekly) (?:limit|quota|allowance|cap|request|generation|image)s?'),
    ),
  },
  /** Sufficient only when the status already indicates a limit. */
  credit: { means: 'out-of-credit', says: mentions(String.raw`credits?(?! cards?)|quotas?|payment`) },
  concurrency: { means: 'concurrency', says: mentions(concurrencyWords) },
  /** The most likely meaning is the number of concurrent runs. */
  planAllows: { means: 'concurrency', says: mentions('plan allows for') },
  /** A pace: what is spent comes back within seconds or minutes, whatever it is counted in. */
  pace: {
    means: 'rate-limited',
    says: anyOf(
      mentions(
        String.raw`per (?:seconds?|sec|minutes?|min|\d+ ?(?:s|sec|seconds?|minutes?|min))|(?:a|each|every|this) (?:second|minute)|[rt]p[ms]|ipm|每分钟|每秒`,
      ),
      /[a-z0-9] ?\/ ?(?:s|secs?|seconds?|m|mins?|minutes?)\b(?!\/)/i,
    ),
  },
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
  rejected: {
    means: 'rejected',
    says: anyOf(
      /^\s*unauthori[sz]ed\W*$|(?:invalid|incorrect|missing|unknown|expired|revoked|disabled)[ _](?:api[ _-]?)key/i,
      saysOf({ subject: credential, state: broken, except: 'json|position|syntax|models?|hub|upstream|plans?|url' }),
      saysOf({
        subject: bareCredential,
        state: plainlyBroken,
        except: `${ofTheRequest}|models?|hub|upstream|url|words?|images?|plans?`,
      }),
      saysOf({
        subject: 'accounts?|users?|organi[sz]ations?|projects?|service account|workspace',
        state:
          'suspended|deactivated|disabled|banned|blocked|locked|terminated|closed|deleted|not active|inactive|not found|frozen|restricted',
        except: 'prompts?|content|images?|models?|credits?|balance',
      }),
    ),
  },
  /** The key is valid, but its plan, region or rights exclude this model. */
  notEntitled: {
    means: 'not-entitled',
    says: anyOf(
      /\bmodels?\b.{0,80}\b(?:plans?|tiers?|subscriptions?|subscribers|paid|upgrade)\b|\b(?:plans?|tiers?|subscriptions?|upgrade)\b.{0,80}\bmodels?\b|\b(?:plan|tier|subscription) (?:does not|doesn't|do not|only) (?:allow|include|cover|support|permit)|(?:\bnot? |n't |den(?:y|ied) |lacks? |without )(?:have |been )?(?:access|permission|permitted|allowed|entitled|granted|enabled)\b.{0,60}\bmodels?\b|\bmodels?\b.{0,60}\b(?:not (?:allowed|enabled|permitted|authori[sz]ed|included)|access (?:is |was )?denied)\b|verified to use the model|parameters?\b.{0,40}\b(?:plans?|tiers?)\b/i,
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
  refused: {
    means: 'refused',
    says: anyOf(
      /content[ _-]?(?:policy|filter|violation)|nsfw|\bunsafe\b|\bsafety\b|moderat(?:ion|ed)|prohibited content|sensitive (?:content|word)|policy violation|violates? (?:our|the) |was flagged|inappropriate content|not safe for work|responsible ai|敏感|违规|违禁/i,
      saysOf({
        subject: rules,
        state: againstRules,
        except:
          'rate|retry|ips?|ip address(?:es)?|keys?|tokens?|billing|credits?|quota|refunds?|concurren\\w+|access|iam|identity|authori[sz]ed',
      }),
      saysOf({ subject: asked, state: turnedDown, except: notOfContent }),
      saysOf({ subject: grave, state: found, except: 'parameters?|keys?|credits?|models?|plans?' }),
      mentions(
        String.raw`(?:can't|cannot|can not|won't|unable to|not able to|not allowed to) (?:help|assist|comply) with|(?:can't|cannot|can not|won't|not able to) (?:generate|create|make|draw|produce|depict|show) (?:this|that|such|these|those|images? of|content|an image|the image|pictures? of)(?! size| resolution)|(?:request|generation|job|it|you) (?:was|were|has been|is|been|got) flagged|flagged (?:by|as|for)|try (?:a different|another|rephrasing|changing|modifying) (?:your )?prompt`,
      ),
    ),
  },
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
