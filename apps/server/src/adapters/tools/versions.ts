export type Version = readonly [major: number, minor: number];

/** Of a program whose version begins with two numbers, such as `3.12.1`. */
export function isAtLeast(version: string, [major, minor]: Version): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
