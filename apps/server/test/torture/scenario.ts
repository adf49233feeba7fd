/** One promise of docs/reliability.md after a scenario has tried to break it. */
export interface Verdict {
  readonly promise: string;
  /** How often it was put to the test. */
  readonly checked: number;
  /** What went wrong, one line each; empty when the promise was kept. */
  readonly broken: readonly string[];
}

export interface ScenarioContext {
  /** Repeatable: the same seed gives the same run of numbers. */
  readonly random: () => number;
  /** 1 is the usual length; a tenth of it for the short form. */
  readonly scale: number;
  /** Its share of the time is used up: no further round. */
  readonly isOver: () => boolean;
  readonly say: (line: string) => void;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Its share of the time at the usual length. */
  readonly seconds: number;
  run(context: ScenarioContext): Promise<readonly Verdict[]>;
}

/** Why a scenario could not be tried on this machine. */
export class LeftOutError extends Error {
  override readonly name = 'LeftOutError';
}

export function times(context: ScenarioContext, usual: number, least = 1): number {
  return Math.max(least, Math.round(usual * context.scale));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Collects what breaks one promise. */
export function createVerdict(promise: string) {
  const broken: string[] = [];
  let checked = 0;
  return {
    check(isKept: boolean, otherwise: string): void {
      checked += 1;
      if (!isKept) broken.push(otherwise);
    },
    read: (): Verdict => ({ promise, checked, broken }),
  };
}
