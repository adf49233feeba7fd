/** YouTube by its own names; a video that another page embeds is that page's. */
const YOUTUBE = /(^|\.)(youtube(-nocookie)?\.com|youtu\.be)$/;
const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/**
 * Which `host:port` a job for a link may reach although private: those of EGRESS_ALLOW, and for a link of YouTube what
 * makes its PO tokens.
 */
export function egressOfLinks(
  egressAllow: readonly string[],
  potProviderUrl: string | null,
): (url: string) => readonly string[] {
  if (potProviderUrl === null) return () => egressAllow;
  const { hostname, port, protocol } = new URL(potProviderUrl);
  const ofYouTube = [...egressAllow, `${hostname}:${port || PORTS[protocol]}`];
  return (url) => (YOUTUBE.test(new URL(url).hostname) ? ofYouTube : egressAllow);
}
