export const ACTIVITY = {} as const;
