import { anyOf, mentions, saysOf } from './clauses.ts';

const machine =
  "ips?|ip address(?:es)?|vpn|proxy|proxies|tor|asn|data ?cent(?:er|re)s?|hosting providers?|bots?|user agent|automated (?:requests?|traffic|queries|access)|browser(?:'s)?(?: signature)?|your (?:network|server|machine|host|computer)";
const shutOut =
  'blocked|banned|bans|black ?listed|block ?listed|deny ?listed|denied|restricted|forbidden|not allowed|refused|prohibited|detected|suspicious|reputation|abus\\w+';

/** Names of content networks and firewalls; alone they say nothing, because their pages tell of outages too. */
const guard =
  'cloudflare|akamai|cloudfront|imperva|incapsula|sucuri|ddos guard|security (?:policy|rules?|service|solution)|firewall|waf|edge';

const challenges =
  "(?:you|you've|you have) (?:been|are) (?:blocked|banned)|attention required|just a moment|(?:checking|verify) your browser|enable javascript and cookies|captcha|(?:verify|confirm) (?:that )?you(?:'re| are) (?:a )?(?:human|not a robot)|request could not be satisfied|unusual (?:traffic|activity) from|incapsula incident|web ?page blocked|(?:site|website|page) (?:is |has been )?blocked|host (?:is )?not (?:(?:in|on) (?:the )?allow ?list|allowed)";

/** The provider, or a content network in front of it, lets no call of this machine in, whatever its key. */
export const blockWords = anyOf(
  /\berror(?: code)?\s{0,3}[:#]?\s{0,3}(?:100[6-9]|1010|1012|1020)\b/i,
  saysOf({
    subject: machine,
    state: shutOut,
    except: 'allow ?list(?:ed)?|white ?list(?:ed)?|allowed ips?|proxy (?:url|error)',
  }),
  saysOf({ subject: guard, state: 'blocked|blocks|denied|banned|restrict(?:s|ed)?|protect|rejected|forbidden' }),
  mentions(challenges),
);

/** True for the HTML page with which a content network refuses a machine; not for its pages about outages or rates. */
export function isBlockPage(html: string): boolean {
  const text = html
    .replace(/<(script|style)\b[^>]{0,1000}>[^<]{0,4000}<\/\1>/gi, ' ')
    .replace(/<[^<>]{0,500}>/g, ' ')
    .replace(/&(?:nbsp|#160|#32);/g, ' ')
    .replace(/&#35;/g, '#')
    .replace(/&(?:#39|#x27|apos|rsquo);/g, "'")
    .slice(0, 4000);
  const asOneClause = text.replace(/\s+/g, ' ');
  const isOfRates = /\b1015\b|rate limit/i.test(asOneClause);
  const isReferenced = /permission to access/i.test(asOneClause) && /reference ?#/i.test(asOneClause);
  return !isOfRates && (isReferenced || blockWords.test(asOneClause));
}
