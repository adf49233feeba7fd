import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { plausibleCode, playerScript, reversed, solved } from './player-script.ts';

const here = (name: string) => join(import.meta.dirname, name);

/** For `CA_FILE`: the authority behind the certificate of the fake; its key is gone. */
export const AUTHORITY_FILE = here('authority.pem');

export interface FakeYouTube {
  /** An HTTP proxy: what goes through it to any host is answered by the fake. */
  readonly proxyUrl: string;
  readonly hostPort: string;
  /** Answers to requests for media, in their order. */
  readonly media: readonly number[];
  /** Statements that the player script runs besides; empty for a good one. */
  hostile: string;
  /** While true, every video asks for the page to be loaded anew, as on the day when the site has changed. */
  isChanged: boolean;
  /** How often the player script was asked for. */
  readonly playerRequests: number;
  /** Bytes of code that the player script has besides. */
  playerBytes: number;
  /** Of the player, in its address: another one is another script. */
  playerId: string;
  close(): Promise<void>;
}

type Kind = 'protected' | 'easy' | 'reload' | 'age' | 'soon';

/** By the id of the video, which has eleven characters. */
const VIDEOS: Readonly<Record<string, Kind>> = {
  protected01: 'protected',
  easyformat1: 'easy',
  reloadpage1: 'reload',
  agegated001: 'age',
  beginssoon1: 'soon',
};
export const PLAYLIST_ID = 'PLfake00000000000001';
export const PLAYLIST_ENTRIES = 200;
const ENTRIES_A_PAGE = 100;

const N_CHALLENGE = 'a-challenge-for-n';
const SIGNATURE = 'abcdefghijklmnopqrstuvwxyz0123456789';
const CLIENT_WITHOUT_PLAYER = 'VISIONOS';

/**
 * A YouTube on loopback that yt-dlp's own extractor reads: watch page, player API, player script, and media that answer 403
 * unless both challenges are solved. `clip`: what it serves as media.
 */
export async function startFakeYouTube(clip: Uint8Array): Promise<FakeYouTube> {
  const media: number[] = [];
  const state = {
    hostile: '',
    isChanged: false,
    playerRequests: 0,
    playerId: '0a1b2c3d',
    more: '',
  };

  const site = createTlsServer(
    { key: readFileSync(here('site.key')), cert: readFileSync(here('site.pem')) },
    (request, response) => void answer(request, response),
  );
  await listen(site);
  const proxy = createServer((_request, response) => response.writeHead(502).end());
  proxy.on('connect', (_request, socket) => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    site.emit('connection', socket);
    socket.on('error', () => socket.destroy());
  });
  await listen(proxy);
  const { port } = proxy.address() as AddressInfo;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `https://${request.headers.host}`);
    if (url.hostname.endsWith('.googlevideo.com')) return sendMedia(url, response);
    switch (url.pathname) {
      case '/watch':
        return send(response, 'text/html', watchPage(state.playerId));
      case '/playlist':
        return send(response, 'text/html', pageWith(playlistData(), state.playerId));
      case '/youtubei/v1/browse': {
        const { continuation } = await bodyOf<{ readonly continuation?: string }>(request);
        const data = continuation === undefined ? playlistData() : playlistRest(continuation);
        return send(response, 'application/json', JSON.stringify(data));
      }
      case '/youtubei/v1/player':
        return send(
          response,
          'application/json',
          playerAnswer(await bodyOf<PlayerRequest>(request), state.isChanged),
        );
      default:
        if (url.pathname.startsWith('/s/player/')) {
          state.playerRequests += 1;
          return send(response, 'text/javascript', playerScript(state.hostile, state.more));
        }
        if (url.pathname.startsWith('/embed/')) {
          return send(response, 'text/html', watchPage(state.playerId));
        }
        return void response.writeHead(404).end();
    }
  }

  function sendMedia({ searchParams }: URL, response: ServerResponse): void {
    const isOpen = searchParams.get('easy') === '1';
    const isSolved =
      searchParams.get('n') === solved(N_CHALLENGE) &&
      searchParams.get('sig') === reversed(SIGNATURE);
    const status = isOpen || isSolved ? 200 : 403;
    media.push(status);
    response.writeHead(status, { 'content-type': 'video/mp4' });
    response.end(status === 200 ? clip : undefined);
  }

  return {
    proxyUrl: `http://127.0.0.1:${port}`,
    hostPort: `127.0.0.1:${port}`,
    media,
    get hostile() {
      return state.hostile;
    },
    set hostile(statements) {
      state.hostile = statements;
    },
    get isChanged() {
      return state.isChanged;
    },
    set isChanged(isChanged) {
      state.isChanged = isChanged;
    },
    get playerRequests() {
      return state.playerRequests;
    },
    get playerBytes() {
      return state.more.length;
    },
    set playerBytes(bytes) {
      state.more = plausibleCode(bytes);
    },
    get playerId() {
      return state.playerId;
    },
    set playerId(id) {
      state.playerId = id;
    },
    async close() {
      proxy.closeAllConnections();
      site.closeAllConnections();
      await Promise.all([proxy, site].map((one) => new Promise((done) => one.close(done))));
    },
  };
}

interface PlayerRequest {
  readonly videoId?: string;
  readonly context?: { readonly client?: { readonly clientName?: string } };
}

function playerAnswer({ videoId = '', context }: PlayerRequest, isChanged: boolean): string {
  const kind = isChanged ? 'reload' : VIDEOS[videoId];
  const refused = (status: string, reason: string) => ({
    playabilityStatus: { status, reason },
    videoDetails: detailsOf(videoId),
  });
  if (kind === 'reload') {
    return JSON.stringify(refused('UNPLAYABLE', 'The page needs to be reloaded.'));
  }
  if (kind === 'age')
    return JSON.stringify(refused('LOGIN_REQUIRED', 'Sign in to confirm your age'));
  if (kind === 'soon') {
    return JSON.stringify(refused('LIVE_STREAM_OFFLINE', 'This live event will begin in 2 hours.'));
  }
  const isEasy = kind === 'easy' && context?.client?.clientName === CLIENT_WITHOUT_PLAYER;
  return JSON.stringify({
    playabilityStatus: { status: 'OK' },
    videoDetails: detailsOf(videoId),
    streamingData: { formats: [isEasy ? EASY_FORMAT : PROTECTED_FORMAT], adaptiveFormats: [] },
  });
}

const MEDIA = 'https://rr1---sn-fake.googlevideo.com/videoplayback';
const FORMAT = {
  mimeType: 'video/mp4; codecs="avc1.42001E, mp4a.40.2"',
  bitrate: 500_000,
  fps: 25,
};
const EASY_FORMAT = {
  ...FORMAT,
  ...{ itag: 18, width: 320, height: 180, quality: 'small', qualityLabel: '180p' },
  url: `${MEDIA}?itag=18&easy=1`,
};
const PROTECTED_FORMAT = {
  ...FORMAT,
  ...{ itag: 22, width: 640, height: 360, quality: 'medium', qualityLabel: '360p' },
  signatureCipher: new URLSearchParams({
    s: SIGNATURE,
    sp: 'sig',
    url: `${MEDIA}?itag=22&n=${N_CHALLENGE}`,
  }).toString(),
};

function detailsOf(videoId: string) {
  return {
    videoId,
    title: `The video ${videoId}`,
    lengthSeconds: '2',
    channelId: 'UC0000000000000000000000',
    author: 'Somebody',
    isLiveContent: false,
  };
}

function watchPage(playerId: string): string {
  return pageWith({ contents: { twoColumnWatchNextResults: {} } }, playerId);
}

function pageWith(data: object, playerId: string): string {
  const settings = {
    INNERTUBE_CONTEXT: { client: { clientName: 'WEB', clientVersion: '2.20261101.00.00' } },
    PLAYER_JS_URL: `/s/player/${playerId}/player_ias.vflset/en_US/base.js`,
    STS: 20_500,
  };
  return `<html><head><script>ytcfg.set(${JSON.stringify(settings)});</script></head>
<body><script>var ytInitialData = ${JSON.stringify(data)};</script></body></html>`;
}

/** Entries from a position, counted from 0, to the end of its page, and what asks for the next page. */
function playlistPage(first: number): readonly object[] {
  const last = Math.min(first + ENTRIES_A_PAGE, PLAYLIST_ENTRIES);
  const entries = Array.from({ length: last - first }, (_, index) => ({
    playlistVideoRenderer: {
      videoId: `entry${String(first + index).padStart(6, '0')}`,
      title: { runs: [{ text: `Entry ${first + index + 1}` }] },
      isPlayable: true,
    },
  }));
  if (last === PLAYLIST_ENTRIES) return entries;
  const continuationEndpoint = { continuationCommand: { token: String(last) } };
  return [...entries, { continuationItemRenderer: { continuationEndpoint } }];
}

function playlistRest(continuation: string): object {
  const continuationItems = playlistPage(Number(continuation));
  return { onResponseReceivedActions: [{ appendContinuationItemsAction: { continuationItems } }] };
}

function playlistData(): object {
  const contents = playlistPage(0);
  const list = { playlistVideoListRenderer: { playlistId: PLAYLIST_ID, contents } };
  const section = { itemSectionRenderer: { contents: [list] } };
  const tab = { selected: true, content: { sectionListRenderer: { contents: [section] } } };
  return {
    contents: { twoColumnBrowseResultsRenderer: { tabs: [{ tabRenderer: tab }] } },
    metadata: { playlistMetadataRenderer: { title: 'A list' } },
  };
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body);
}

async function bodyOf<Body>(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Body;
}

function listen(server: { listen(port: number, host: string, done: () => void): unknown }) {
  return new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
}
