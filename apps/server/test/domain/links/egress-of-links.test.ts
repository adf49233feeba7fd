import { expect, it } from 'vitest';
import { egressOfLinks } from '../../../src/domain/links/egress-of-links.ts';

const allow = ['nas.lan:8096'];

it('only downloads from YouTube can reach the PO token provider', () => {
  const egress = egressOfLinks(allow, 'http://127.0.0.1:4416');
  const withProvider = [...allow, '127.0.0.1:4416'];
  for (const link of [
    'https://www.youtube.com/watch?v=a',
    'https://youtube.com/shorts/a',
    'https://music.youtube.com/watch?v=a',
    'https://www.youtube-nocookie.com/embed/a',
    'https://youtu.be/a',
  ]) {
    expect(egress(link), link).toEqual(withProvider);
  }
  for (const link of [
    'https://notyoutube.com/watch?v=a',
    'https://youtube.com.example/watch?v=a',
    'https://example/?u=https://youtube.com/',
    'https://youtu.be.example/a',
  ]) {
    expect(egress(link), link).toEqual(allow);
  }
});

it('a provider without a port uses the default port of its scheme', () => {
  const link = 'https://youtu.be/a';
  expect(egressOfLinks([], 'https://pot.lan')(link)).toEqual(['pot.lan:443']);
  expect(egressOfLinks([], 'http://pot.lan/tokens')(link)).toEqual(['pot.lan:80']);
  expect(egressOfLinks(allow, null)(link)).toBe(allow);
});
