const IGNORED = /^(utm_.*|fbclid|gclid|igshid|si|feature|pp|ab_channel)$/;

/**
 * A hint that two links mean the same media, never an identity: the server decides with what the site says.
 */
export function dedupeKey(link: string): string {
  let url: URL;
  try {
    url = new URL(link);
  } catch {
    return link;
  }
  const host = url.hostname.toLowerCase().replace(/^(www|m|mobile|music)\./, '');
  const video = youtubeKey(host, url);
  if (video) return video;
  const query = [...url.searchParams]
    .filter(([name]) => !IGNORED.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const hash = url.hash.startsWith('#!') ? url.hash : '';
  const path = url.pathname.replace(/\/+$/, '');
  const port = url.port && `:${url.port}`;
  return `${host}${port}${path}${query && `?${query}`}${hash}`;
}

function youtubeKey(host: string, url: URL): string | null {
  if (host === 'youtu.be') return `youtube:${url.pathname.slice(1)}`;
  if (host !== 'youtube.com' && host !== 'youtube-nocookie.com') return null;
  const path = /^\/(shorts|live|embed|v)\/([\w-]+)/.exec(url.pathname);
  if (path) return `youtube:${path[2]}`;
  const id = url.searchParams.get('v');
  if (id) return `youtube:${id}`;
  const list = url.searchParams.get('list');
  return list && url.pathname === '/playlist' ? `youtube:list:${list}` : null;
}

/** The site as people say it: without `www.`; the whole text when it is no address. */
export function hostOf(link: string): string {
  try {
    return new URL(link).host.replace(/^(www|m)\./, '');
  } catch {
    return link;
  }
}
