import { anyOf, mentions, saysOf } from './clauses.ts';

const moneyWords = String.raw`credits?(?! cards?)|balances?|funds|prepay(?:ment)?|prepaid|wallet|billing(?: hard)? limits?|(?:spend(?:ing)?|billing|hard|credit|cost|budget) (?:hard |soft )?(?:limits?|caps?)|budgets?|pollen|余额`;
const quotaWords = String.raw`quotas?|usage (?:hard |soft )?(?:limits?|caps?)|included (?:usage|requests?)|free (?:allocation|allowance|usage|trial)|trial|neurons|额度`;
const spent = String.raw`insufficient|insufficiency|not enough|(?:not|isn't|aren't) sufficient|inadequate|lacks?|lacking|out of(?! (?:range|memory|bounds|date|sync|gamut|place|focus))|(?:run|ran|runs|running) out|exhausted|depleted|exceed(?:s|ed|ing)?|reached|hit|used up|used all|consumed|too low|low|(?:is|are|at|below) zero|(?<![.\d])0(?:\.0+)?(?!\.?\d)|negative|empty|outstanding|ended|finished|over|(?:\w+n't|not) have (?:enough|sufficient|any)|no|no more|no remaining|none left|required|requires more|needs? more|overdrawn|expired|不足|用尽|已用完`;
const notOfMoney = String.raw`charged|parameters?|given back|refund(?:ed)?|credit cards?|between|overlap\w*|(?:white|colou?r) balance|check quota`;

/** The money of the account is spent, or what it pays with is not accepted. */
export const spentMoney = anyOf(
  saysOf({ subject: moneyWords, state: spent, except: notOfMoney }),
  saysOf({
    subject: 'payments?|payment method|bills?|invoices?|subscription|billing|card',
    state:
      'required|failed|declined|overdue|past due|unpaid|not (?:active|enabled|configured|set up)|inactive|missing|lapsed|expired|issues?|problems?|no',
    except: 'models?|images?|prompts?|pictures?|draw\\w*|keys?',
  }),
  mentions(
    'can only afford|arrears|欠费|(?:tokens?|points?) (?:left|remaining) (?:on|in) your (?:account|plan|balance)',
  ),
);

/** Money is spent, or an amount without a stated time. */
export const spentCredit = anyOf(spentMoney, saysOf({ subject: quotaWords, state: spent, except: notOfMoney }));

/** Advice to pay; beside a rate limit it is only an offer. */
export const adviceToPay = mentions(
  '(?:add|buy|purchase|get) (?:more |some |additional )?(?:credits?|funds|money|balance)|(?:top|topping) up|recharge|请充值',
);

/** An amount of a day or a longer time, which a wait of seconds does not bring back. */
export const allowanceWords = anyOf(
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
export const paceWords = anyOf(
  mentions(
    String.raw`per (?:seconds?|sec|minutes?|min|\d+ ?(?:s|sec|seconds?|minutes?|min))|(?:a|each|every|this) (?:second|minute)|[rt]p[ms]|ipm|每分钟|每秒`,
  ),
  /[a-z0-9] ?\/ ?(?:s|secs?|seconds?|m|mins?|minutes?)\b(?!\/)/i,
);
