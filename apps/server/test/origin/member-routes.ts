import { bufferBody, numberOf, readMedia, sendEntity, sendText, type Route } from './exchange.ts';

const prefix = '/members/';
const signIn =
  '<!doctype html><title>Sign in</title><p>Please log in to watch this.</p><form></form>';

export const memberRoutes: readonly Route[] = [
  {
    path: `${prefix}*`,
    about:
      'the files of /media/ for who sends the cookie session=member, else a sign-in page with ?status= (default 401); ?renew appends .new to it and sets another',
    async answer(exchange) {
      const { path, query, request, response } = exchange;
      const cookies = (request.headers.cookie ?? '').split('; ');
      const pass = cookies.find((cookie) => cookie.startsWith('session=member'));
      if (pass === undefined) {
        sendText(exchange, signIn, 'text/html', numberOf(query, 'status', 401));
        return;
      }
      if (query.has('renew')) {
        response.setHeader('Set-Cookie', [`${pass}.new; Path=/`, 'planted=yes; Path=/']);
      }
      const name = path.slice(prefix.length);
      const body = bufferBody(await readMedia(exchange, name));
      const type = name.endsWith('.m3u8') ? 'application/vnd.apple.mpegurl' : 'video/mp4';
      await sendEntity(exchange, { body, type, etag: `"member-${name}"` });
    },
  },
];
