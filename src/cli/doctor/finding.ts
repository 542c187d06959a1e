/** `bad`: something is lost, refused or read by others; `warning`: it may become so. */
export type FindingLevel = 'good' | 'note' | 'warning' | 'bad';

export type Finding = {
  /** The subject of the check. */
  readonly check: string;
  readonly level: FindingLevel;
  /** What was found. */
  readonly says: string;
  /** What to do about it. */
  readonly fix?: string;
};

export function good(check: string, says: string): Finding {
  return { check, level: 'good', says };
}

export function note(check: string, says: string, fix?: string): Finding {
  return { check, level: 'note', says, ...(fix === undefined ? {} : { fix }) };
}

export function warning(check: string, says: string, fix: string): Finding {
  return { check, level: 'warning', says, fix };
}

export function bad(check: string, says: string, fix: string): Finding {
  return { check, level: 'bad', says, fix };
}
