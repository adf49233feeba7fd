/** What the choice of an engine looks at. */
export interface Candidate {
  readonly version: string;
  readonly isTried: boolean;
  /** Its trial has failed, or it was left. */
  readonly isRefused: boolean;
}

/**
 * Which of these new downloads run with, newest first given: what is used goes on being used, and only in its absence
 * another takes its place, one that has passed its trial before one that nobody has tried. Null without any.
 */
export function chosenVersion(
  candidates: readonly Candidate[],
  inUse: string | null,
): string | null {
  if (candidates.some(({ version }) => version === inUse)) return inUse;
  const fit = candidates.filter(({ isRefused }) => !isRefused);
  const found = fit.find(({ isTried }) => isTried) ?? fit[0];
  return found?.version ?? null;
}

const QUIET_HOUR = 3;
const QUIET_MINUTES = 120;
const DAY_MS = 86_400_000;
const SOON_MS = 3_600_000;

/**
 * When releases are looked for next: at night by the clock of this computer, at a minute of its own, so that not all
 * ask at once. A computer that is off at night is an hour after its start.
 */
export function nextLook(now: Date, lookedAt: Date | null, random: number): Date {
  const night = new Date(now);
  night.setHours(QUIET_HOUR, Math.floor(random * QUIET_MINUTES), 0, 0);
  if (night.getTime() < now.getTime() + SOON_MS) night.setDate(night.getDate() + 1);
  const isOverdue = lookedAt !== null && now.getTime() - lookedAt.getTime() > 1.5 * DAY_MS;
  const soon = new Date(now.getTime() + SOON_MS);
  return isOverdue && soon < night ? soon : night;
}
