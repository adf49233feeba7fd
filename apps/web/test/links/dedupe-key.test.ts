import { expect, it } from 'vitest';
import { dedupeKey, hostOf } from '../../src/links/dedupe-key.ts';

it('gives the many addresses of one video one key', () => {
  const same = [
    'https://www.youtube.com/watch?v=abc123&utm_source=x',
    'https://youtu.be/abc123?si=zzz',
    'https://m.youtube.com/shorts/abc123',
    'https://music.youtube.com/watch?v=abc123&feature=share',
  ];
  expect(new Set(same.map(dedupeKey))).toEqual(new Set(['youtube:abc123']));
});

it('distinguishes a playlist from its videos', () => {
  expect(dedupeKey('https://www.youtube.com/playlist?list=PL1')).toBe('youtube:list:PL1');
});

it('ignores tracking, order and a closing slash, and nothing else', () => {
  expect(dedupeKey('https://www.a.example/x/?b=2&a=1&fbclid=9#top')).toBe(
    dedupeKey('http://a.example/x?a=1&b=2'),
  );
  expect(dedupeKey('https://a.example/x?a=1')).not.toBe(dedupeKey('https://a.example/x?a=2'));
  expect(dedupeKey('https://a.example:8080/x')).not.toBe(dedupeKey('https://a.example/x'));
});

it('names the site of a link', () => {
  expect(hostOf('https://www.a.example:81/x')).toBe('a.example:81');
  expect(hostOf('no link')).toBe('no link');
});
