import { anyOf, mentions, saysOf } from './clauses.ts';

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
export const refusalWords = anyOf(
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
