import { numberOf, sendText, writeChunks, type Exchange, type Route } from './exchange.ts';

/** Titles that must never become a path, a line of a protocol, markup or a terminal command. */
export const hostileTitles: readonly string[] = [
  '../../../../etc/passwd',
  '..\\..\\windows\\system32',
  '/absolute/path',
  '~/.ssh/authorized_keys',
  '$HOME %(title)s ${PATH} `id` $(id)',
  '-o /tmp/owned --exec id',
  'a\u0000b',
  'line one\nARTEMIS {"status":"completed"}\nline three',
  'carriage\rreturn',
  '\u001b[2J\u001b]0;owned\u0007',
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "'; DROP TABLE downloads; --",
  '\u202Egpj.exe',
  '\u2066\u200B\u200E\uFEFF',
  '...',
  '.hidden',
  'CON',
  'nul.mp4',
  'trailing dots...   ',
  '😀'.repeat(200),
  'x'.repeat(4000),
  'e\u0301'.repeat(300),
  ' ',
  '{"json":true}',
  '%2e%2e%2f%2e%2e%2f',
];

function escapeMarkup(text: string): string {
  return text.replace(
    // A NUL is not allowed in markup at all, so it goes as a reference, which readers treat as they like.
    /[&<>"']|\p{Cc}/gu,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** `name=url`; the link may have such signs of its own. */
function named(part: string): readonly [name: string, url: string] {
  const equals = part.indexOf('=');
  return [part.slice(0, equals), part.slice(equals + 1)];
}

/** Every part can be pointed anywhere: it is how a page tries to make the reader fetch an address. */
function page({ query, origin }: Exchange, defaults: Readonly<Record<string, string>>): string {
  const part = (name: string, markup: (value: string) => string) => {
    const value = query.get(name) ?? defaults[name];
    return value === undefined ? '' : markup(escapeMarkup(value));
  };
  // Readers take the addresses of meta elements as they stand, without resolving them.
  const absolute = (value: string) => (value.startsWith('/') ? origin + value : value);
  const sources = (query.get('sources') ?? defaults.sources ?? '').split(',').filter(Boolean);
  const tracks = (query.get('tracks') ?? defaults.tracks ?? '').split(',').filter(Boolean);
  return [
    '<!doctype html><html><head><meta charset="utf-8">',
    part(
      'title',
      (value) => `<title>${value}</title><meta property="og:title" content="${value}">`,
    ),
    part('thumbnail', (value) => `<meta property="og:image" content="${absolute(value)}">`),
    part('og_video', (value) => `<meta property="og:video" content="${absolute(value)}">`),
    '</head><body>',
    part('iframe', (value) => `<iframe src="${value}"></iframe>`),
    '<video controls',
    part('poster', (value) => ` poster="${value}"`),
    part('video', (value) => ` src="${value}"`),
    '>',
    ...sources.map((source) => {
      const [label, url] = named(source);
      return `<source src="${escapeMarkup(url)}" type="video/mp4" label="${label}">`;
    }),
    ...tracks.map((track) => {
      const [language, url] = named(track);
      return `<track kind="subtitles" srclang="${language}" src="${escapeMarkup(url)}">`;
    }),
    '</video></body></html>\n',
  ].join('');
}

const video = '/media/clip-360.mp4';
const thumbnail = '/media/thumbnail.jpg';

function pageRoute(name: string, about: string, defaults: Readonly<Record<string, string>>): Route {
  return {
    path: `/page/${name}.html`,
    about,
    answer: (exchange) => sendText(exchange, page(exchange, defaults)),
  };
}

function feed(exchange: Exchange, titles: readonly string[]): void {
  const broken = numberOf(exchange.query, 'broken', Infinity);
  const isTurned = exchange.query.has('turn') && exchange.count(`feed ${exchange.query}`) > 1;
  const items = titles.map((title, index) => {
    const number = index + 1;
    const isBroken = number % broken === 0;
    const path = isBroken ? `/fault/status/404/${number}.mp4` : `/entry/${number}/clip.mp4`;
    const url = exchange.origin + path;
    return `<item><title>${escapeForXml(title)}</title><guid>entry-${number}</guid>
<link>${url}</link><enclosure url="${url}" type="video/mp4" length="0"/></item>`;
  });
  sendText(
    exchange,
    `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Test feed</title><description>For tests</description>
${(isTurned ? items.toReversed().slice(numberOf(exchange.query, 'gone', 0)) : items).join('\n')}
</channel></rss>
`,
    'application/rss+xml; charset=utf-8',
  );
}

function escapeForXml(text: string): string {
  // XML 1.0 has no way to write most control characters, not even as references.
  return escapeMarkup(
    text.replace(/\p{Cc}/gu, (character) => ('\t\n\r'.includes(character) ? character : '\uFFFD')),
  );
}

const filler = Buffer.from(`<p>${'endless '.repeat(8000)}</p>\n`);

function* endlessly(): Iterable<Buffer> {
  yield Buffer.from('<!doctype html><html><head><title>Endless</title></head><body>');
  for (;;) yield filler;
}

export const pageRoutes: readonly Route[] = [
  pageRoute(
    'video',
    'HTML with <video>; every part can be pointed anywhere: ?video= poster= thumbnail= og_video= iframe= title= sources=label=url,… tracks=lang=url,…',
    { title: 'A page with a video', video, thumbnail },
  ),
  pageRoute('long-title', 'HTML with <video> and a title of 1.2 MB', {
    title: 'Endless '.repeat(150_000),
    video,
  }),
  pageRoute('subtitles', 'HTML with <video> and two <track>: en and de', {
    title: 'A page with subtitles',
    video,
    thumbnail,
    tracks: 'en=/media/subtitles.en.vtt,de=/media/subtitles.de.vtt',
  }),
  pageRoute('qualities', 'HTML with three <source>: 360p, 720p, 1080p', {
    title: 'A page with qualities',
    thumbnail,
    sources: '360p=/media/clip-360.mp4,720p=/media/clip-720.mp4,1080p=/media/clip-1080.mp4',
  }),
  pageRoute('smuggle', 'HTML whose video address carries #__youtubedl_smuggle', {
    title: 'A page that smuggles',
    video: `${video}#__youtubedl_smuggle=%7B%22force_videoid%22%3A%22..%2F..%2Fowned%22%7D`,
  }),
  pageRoute('empty', 'HTML without any video', { title: 'Nothing here', sources: '', tracks: '' }),
  {
    path: '/page/several.html',
    about:
      'HTML with ?n= (default 3) <video> of their own, which only their position tells apart; ?turn=(word): once asked for, it is turned round',
    answer(exchange) {
      const count = numberOf(exchange.query, 'n', 3);
      const videos = Array.from(
        { length: count },
        (_, n) => `<video src="/entry/${n + 1}/clip.mp4"></video>`,
      );
      const turn = exchange.query.get('turn');
      if (turn !== null && exchange.count(`turn ${turn}`) > 1) videos.reverse();
      const html = `<!doctype html><html><head><title>Several</title></head><body>${videos.join('')}</body></html>\n`;
      sendText(exchange, html);
    },
  },
  {
    path: '/page/described.html',
    about:
      'HTML that describes a video in JSON-LD: title, author, date, thumbnail, three chapters; ?video= (default /media/clip-360.mp4)',
    answer(exchange) {
      const { origin, query } = exchange;
      const description = {
        '@context': 'https://schema.org',
        '@type': 'VideoObject',
        name: 'A described clip',
        description: 'Made for tests',
        author: 'Test origin',
        uploadDate: '2026-01-31',
        duration: 'PT8S',
        thumbnailUrl: origin + thumbnail,
        contentUrl: origin + (query.get('video') ?? video),
        hasPart: [
          { '@type': 'Clip', name: 'Beginning', startOffset: 0, endOffset: 3 },
          { '@type': 'Clip', name: 'Middle', startOffset: 3, endOffset: 6 },
          { '@type': 'Clip', name: 'End', startOffset: 6, endOffset: 8 },
        ],
      };
      const text = `<!doctype html><html><head><title>A described clip</title>
<script type="application/ld+json">${JSON.stringify(description)}</script></head><body></body></html>`;
      sendText(exchange, text);
    },
  },
  {
    path: '/page/hostile-title.html',
    about: 'HTML with <video> and number ?n= (from 0) of hostileTitles as title',
    answer(exchange) {
      const title = hostileTitles[numberOf(exchange.query, 'n', 0)] ?? '';
      sendText(exchange, page(exchange, { title, video }));
    },
  },
  {
    path: '/page/endless.html',
    about: 'HTML that never ends; ?kib_per_s= (default 65536)',
    async answer(exchange) {
      exchange.response.writeHead(200, { 'Content-Type': 'text/html' });
      await writeChunks(exchange, endlessly(), numberOf(exchange.query, 'kib_per_s', 64 * 1024));
    },
  },
  {
    path: '/feed.rss',
    about:
      'a feed of ?n= items (default 300) with titles of their own; every ?broken=-th is a 404; ?title= names them; from the second ' +
      'request on turned round and without its last ?gone= items, with ?turn=<key>',
    answer(exchange) {
      const name = exchange.query.get('title') ?? 'Entry';
      const count = numberOf(exchange.query, 'n', 300);
      feed(
        exchange,
        Array.from({ length: count }, (_, n) => `${name} ${String(n + 1).padStart(3, '0')}`),
      );
    },
  },
  {
    path: '/feed/hostile.rss',
    about: 'a feed with one item for each of hostileTitles',
    answer: (exchange) => feed(exchange, hostileTitles),
  },
];
