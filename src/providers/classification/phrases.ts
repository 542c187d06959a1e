import { blockWords } from './block-words.ts';
import type { Phrase } from './classify.ts';
import { anyOf, mentions, saysOf } from './clauses.ts';

const credential =
  'api ?keys?|secret keys?|access keys?|subscription keys?|(?:api|access|auth|authentication|authorization|bearer|secret|refresh) tokens?|credentials?|authentication|authorization(?: header)?|api access|令牌|密钥';
const broken = String.raw`invalid|incorrect|wrong|bad|malformed|expired?|revoked|disabled|deactivated|deleted|blocked|banned|suspended|terminated|leaked|unknown|missing|unrecogni[sz]ed|unauthori[sz]ed|inactive|rejected|denied|fail(?:ed|ure)|required|no|without|provide|supply|validate|verify|not (?:found|valid|active|activated|accepted|authori[sz]ed|recogni[sz]ed|enabled|correct|provided|present|exist)|(?:isn't|is not|no longer) (?:valid|active|correct|accepted)|does(?: not|n't) exist|无效|已过期|过期`;

/** A bare "key" or "token" is a credential only in short statements: `invalid token`, `token has expired`. */
const bareCredential = 'keys?|tokens?';
const plainlyBroken = String.raw`invalid|incorrect|wrong|expired?|revoked|disabled|deactivated|deleted|suspended|banned|blocked|not (?:valid|found|active|recogni[sz]ed|authori[sz]ed)`;
const ofTheRequest = String.raw`prompts?|inputs?|outputs?|json|position|character|unexpected|syntax|parameters?|params?|fields?|properties|property|kwargs?|arguments?|body|dict|max|maximum|context|length|count|long|least|most|vocab(?:ulary)?|tokeniz\w+|id|ids|start|end|special|eos|stop|sequence|value|models?|hub|upstream|url|words?|images?|plans?`;

/** The key, or the account behind it, is not accepted. */
const rejectionWords = anyOf(
  /^\s*unauthori[sz]ed\W*$|(?:invalid|incorrect|missing|unknown|expired|revoked|disabled)[ _](?:api[ _-]?)key|密钥无效/i,
  saysOf({ subject: credential, state: broken, except: 'json|position|syntax|models?|hub|upstream|plans?|url' }),
  saysOf({ subject: bareCredential, state: plainlyBroken, except: ofTheRequest }),
  saysOf({
    subject: 'accounts?|users?|organi[sz]ations?|projects?|service account|workspace',
    state:
      'suspended|deactivated|disabled|banned|blocked|locked|terminated|closed|deleted|not active|inactive|not found|frozen|restricted|flagged',
    except: 'prompts?|content|images?|models?|credits?|balance',
  }),
  mentions(
    'not authenticated|unauthenticated|not logged in|(?:log ?in|sign ?in) (?:is )?required|please (?:log|sign) ?in',
  ),
);

const moneyWords = String.raw`credits?(?! cards?)|balances?|funds|prepay(?:ment)?|prepaid|wallet|billing(?: hard)? limits?|(?:spend(?:ing)?|billing|hard|credit|cost|budget) (?:hard |soft )?(?:limits?|caps?)|budgets?|pollen|余额`;
const quotaWords = String.raw`quotas?|usage (?:hard |soft )?(?:limits?|caps?)|included (?:usage|requests?)|free (?:allocation|allowance|usage|trial)|trial|neurons|额度`;
const spent = String.raw`insufficient|insufficiency|not enough|(?:not|isn't|aren't) sufficient|inadequate|lacks?|lacking|out of(?! (?:range|memory|bounds|date|sync|gamut|place|focus))|(?:run|ran|runs|running) out|exhausted|depleted|exceed(?:s|ed|ing)?|reached|hit|used up|used all|consumed|too low|low|(?:is|are|at|below) zero|(?<![.\d])0(?:\.0+)?(?!\.?\d)|negative|empty|outstanding|ended|finished|over|(?:\w+n't|not) have (?:enough|sufficient|any)|no|no more|no remaining|none left|required|requires more|needs? more|overdrawn|expired|不足|用尽|已用完`;
const notOfMoney = String.raw`charged|parameters?|given back|refund(?:ed)?|credit cards?|between|overlap\w*|(?:white|colou?r) balance|check quota`;

/** The money of the account is spent, or what it pays with is not accepted. */
const spentMoney = anyOf(
  saysOf({ subject: moneyWords, state: spent, except: notOfMoney }),
  saysOf({
    subject: 'payments?|payment method|bills?|invoices?|subscription|billing|card',
    state:
      'required|needed|failed|declined|overdue|past due|unpaid|not (?:active|enabled|configured|set up)|inactive|missing|lapsed|expired|issues?|problems?|no',
    except: 'models?|images?|prompts?|pictures?|draw\\w*|keys?',
  }),
  mentions(
    'can only afford|arrears|欠费|(?:run|ran|running) out of tokens|buy more tokens|(?:exhausted|used up) (?:your |the |all of your )?free (?:tier|plan)|(?:tokens?|points?) (?:left|remaining) (?:on|in) your (?:account|plan|balance)',
  ),
);

/** Money is spent, or an amount without a stated time. */
const spentCredit = anyOf(spentMoney, saysOf({ subject: quotaWords, state: spent, except: notOfMoney }));

/** Advice to pay; beside a rate limit it is only an offer. */
const adviceToPay = mentions(
  '(?:add|buy|purchase|get) (?:more |some |additional )?(?:credits?|funds|money|balance)|add (?:a )?payment method|(?:top|topping) up|recharge|请充值',
);

/** An amount of a day or a longer time, which a wait of seconds does not bring back. */
const allowanceWords = anyOf(
  saysOf({
    subject: String.raw`daily|weekly|monthly|per (?:day|week|month|24 hours)|(?:a|each|every) (?:day|week|month)|/ ?(?:day|month)|today(?:'s)?|this (?:month|week)|tomorrow|\d+[ -]?hours?|24h|rpd|每日|今日`,
    state:
      'limits?|limited|quotas?|allowances?|caps?|allocation|max(?:imum)?|exceeded|reached|exhausted|used(?: up)?|come back|try again|用完|上限',
  }),
  /[a-z0-9] ?\/ ?(?:days?|d|weeks?|months?)\b(?!\/)/i,
  mentions(String.raw`\d[\d,.]{0,12} (?:\w{1,20} ){0,3}(?:per|each|every|a) (?:day|week|month)`),
  mentions('(?:daily|monthly|weekly) (?:limit|quota|allowance|cap|request|generation|image)s?'),
);

/** A pace: what is spent comes back within seconds or minutes, whatever it is counted in. */
const paceWords = anyOf(
  mentions(
    String.raw`per (?:seconds?|sec|minutes?|min|\d+ ?(?:s|sec|seconds?|minutes?|min))|(?:a|each|every|this) (?:second|minute)|[rt]p[ms]|ipm|每分钟|每秒`,
  ),
  /[a-z0-9] ?\/ ?(?:s|secs?|seconds?|m|mins?|minutes?)\b(?!\/)/i,
);

/** What a person asks for, as a provider calls it. */
const asked = String.raw`prompts?|content|input|text|images?|pictures?|videos?|messages?|quer(?:y|ies)|descriptions?|words?|topics?|subjects?|generations?|outputs?|responses?|results?`;
const turnedDown = String.raw`not allowed|not permitted|isn't allowed|disallowed|forbidden|prohibited|banned|blocked|refused|rejected|declined|denied|flagged|filtered|censored|moderated|inappropriate|unacceptable|offensive|harmful|illegal|restricted|sensitive|objectionable|against (?:our|the)|violat(?:e|es|ed|ing|ion)|unsafe|not (?:safe|acceptable|appropriate)`;
/** A clause with one of these speaks of rights, of the form of a request, or of the network. */
const notOfContent = String.raw`plans?|tiers?|subscriptions?|accounts?|keys?|tokens?|permissions?|credentials?|organi[sz]ations?|projects?|ips?|ip address(?:es)?|network|regions?|countr(?:y|ies)|location|origin|method|roles?|scopes?|endpoints?|models?|content (?:type|length|encoding|disposition)|formats?|sizes?|dimensions?|resolutions?|types?|lengths?|width|height|parameters?|fields?|files?|extensions?|mime|characters?|base64|encod\w+|decod\w+|extra inputs?|propert(?:y|ies)|unexpected|concurren\w+|rate|quota|credits?|urls?|headers?|access|remote|download\w*|fetch\w*|open|cors`;
const rules = String.raw`(?<!(?:security|cors|privacy|data|network|organi[sz]ation|org|access|retention|referrer|training|fair) )(?:polic(?:y|ies)|guidelines?|guardrails?|terms of (?:service|use)|acceptable use|(?:our|community|content|safety|usage) (?:standards|rules))`;
const againstRules = String.raw`violat(?:e|es|ed|ing|ion|ions)|breach(?:es|ed)?|blocked|not allowed|rejected|denied|refused|declined|flagged|prohibited|prohibits?|forbidden|forbids?|disallowed|disallows?|against|contrary|(?:not|n't) comply|non compliant|triggered|conflicts?|goes against|not permitted|does not permit|not allow|due to|by`;
const grave = String.raw`nudity|nude|porn\w*|sexual(?:ly)?|explicit|gore|gory|violen(?:ce|t)|hate(?:ful)?|self harm|minors?|child(?:ren)?|copyright(?:ed)?|trademark(?:ed)?|public figures?|celebrit(?:y|ies)|real (?:people|persons?)|likeness|harassment|extremism|terrorism|adult|suggestive|harmful|disturbing|offensive|profan(?:ity|e)|slurs?|(?:bad|swear|foul) (?:words?|language)`;
const found = String.raw`detected|content|material|imagery|(?:in|by) (?:the |your )?(?:prompt|text|input)|contains?|found|not allowed|blocked|flagged|rejected|refused|denied|declined|prohibited|forbidden|disallowed|not permitted|can't|cannot|unable to|may contain|depict\w*|resembles?|not supported|violat\w+`;

/** The provider refuses the words of the request, or what came of them. */
const refusalWords = anyOf(
  /content[ _-]?(?:policy|filter|violation)|nsfw|\bunsafe\b|(?<![a-z])safety(?![a-z_])|moderat(?:ion|ed)|prohibited content|sensitive (?:content|word)|policy violation|violates? (?:our|the) |was flagged|inappropriate content|not safe for work|responsible ai|\brecitation\b|^\W*flagged\W*$|敏感|违规|违禁/i,
  saysOf({
    subject: rules,
    state: againstRules,
    except:
      'rate|retry|ips?|ip address(?:es)?|keys?|tokens?|billing|credits?|quota|refunds?|concurren\\w+|access|iam|identity|authori[sz]ed',
  }),
  saysOf({ subject: asked, state: turnedDown, except: notOfContent }),
  saysOf({ subject: 'requests?', state: 'flagged|filtered|moderated|censored', except: notOfContent }),
  saysOf({
    subject: '(?:the|this) (?:model|ai|assistant)|we',
    state: '(?:refused|declined|refuses|declines) to',
    except: 'connect\\w*|load\\w*|start',
  }),
  saysOf({
    subject: "(?:do not|don't|does not|doesn't|cannot|can't|won't) (?:allow|permit)",
    state: 'generat\\w+|creat\\w+|th(?:is|ese) (?:kind|type|sort)s? of|such|content|prompts?|images?',
    except: notOfContent,
  }),
  saysOf({ subject: grave, state: found, except: 'parameters?|keys?|credits?|models?|plans?' }),
  mentions(
    String.raw`(?:can't|cannot|can not|won't|unable to|not able to|not allowed to) (?:help|assist|comply) with|(?:can't|cannot|can not|won't|not able to) (?:generate|create|make|draw|produce|depict|show) (?:this|that|such|these|those|images? of|content|an image|the image|pictures? of)(?! size| resolution)|(?:request|generation|job|it|you) (?:was|were|has been|is|been|got) flagged|flagged (?:by|as|for)|try (?:a different|another|rephrasing|changing|modifying) (?:your )?prompt`,
  ),
);

const concurrencyWords =
  'concurren\\w+|simultaneous(?:ly)? (?:requests?|runs?|calls?|jobs?|tasks?|generations?)|parallel (?:requests?|runs?|calls?|jobs?|tasks?)|(?:requests?|runs?|calls?|jobs?|tasks?) (?:in parallel|at once|at the same time|simultaneously)|in ?flight|(?:another|previous) (?:request|run|call|job|task|generation)s? (?:is|are) (?:still |already |currently )?(?:in progress|running|active|being processed|pending)|already (?:have|has) (?:an?|\\d{1,3}) (?:active |running )?(?:request|run|job|task|generation|call)s?';

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
      /does not exist or has yet to be added|model[^.]{0,80}(?:not found|does not exist)|model_not_found|unknown model|模型不存在/i,
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
