import { anyOf, mentions, saysOf } from './clauses.ts';

const credential =
  'api ?keys?|secret keys?|access keys?|subscription keys?|(?:api|access|auth|authentication|authorization|bearer|secret|refresh) tokens?|credentials?|authentication|authorization(?: header)?|api access|令牌|密钥';
const broken = String.raw`invalid|incorrect|wrong|bad|malformed|expired?|revoked|disabled|deactivated|deleted|blocked|banned|suspended|terminated|leaked|unknown|missing|unrecogni[sz]ed|unauthori[sz]ed|inactive|rejected|denied|fail(?:ed|ure)|required|no|without|provide|supply|validate|verify|not (?:found|valid|active|activated|accepted|authori[sz]ed|recogni[sz]ed|enabled|correct|provided|present|exist)|(?:isn't|is not|no longer) (?:valid|active|correct|accepted)|does(?: not|n't) exist|无效|已过期|过期`;

/** A bare "key" or "token" is a credential only in short statements: `invalid token`, `token has expired`. */
const bareCredential = 'keys?|tokens?';
const plainlyBroken = String.raw`invalid|incorrect|wrong|expired?|revoked|disabled|deactivated|deleted|suspended|banned|blocked|not (?:valid|found|active|recogni[sz]ed|authori[sz]ed)`;
const ofTheRequest = String.raw`prompts?|inputs?|outputs?|json|position|character|unexpected|syntax|parameters?|params?|fields?|properties|property|kwargs?|arguments?|body|dict|max|maximum|context|length|count|long|least|most|vocab(?:ulary)?|tokeniz\w+|id|ids|start|end|special|eos|stop|sequence|value|models?|hub|upstream|url|words?|images?|plans?`;

/** The key, or the account behind it, is not accepted. */
export const rejectionWords = anyOf(
  /^\s*unauthori[sz]ed\W*$|(?:invalid|incorrect|missing|unknown|expired|revoked|disabled)[ _](?:api[ _-]?)key/i,
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
