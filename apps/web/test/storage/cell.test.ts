// @vitest-environment jsdom

import { beforeEach, describe, expect, it } from 'vitest';
import { createCell, isRecord, type Cell } from '../../src/storage/cell.ts';

interface Body {
  readonly name: string;
}

function cell(version = 2): Cell<Body> {
  return createCell<Body>({
    key: 'test:v1',
    version,
    fallback: () => ({ name: 'none' }),
    maxCharacters: 200,
    migrations: {
      0: (body) => ({ v: 1, title: body }),
      1: (body) => (isRecord(body) ? { v: 2, name: body['title'] } : body),
    },
    parse: (body) =>
      isRecord(body) && typeof body['name'] === 'string' ? { ...body, name: body['name'] } : null,
  });
}

beforeEach(() => localStorage.clear());

describe('a stored value', () => {
  it('is the fallback on the first visit', () => {
    expect(cell().read()).toEqual({ value: { name: 'none' }, origin: 'fallback' });
  });

  it('passes every step of migration', () => {
    localStorage.setItem('test:v1', '"Jane"');
    expect(cell().read().value.name).toBe('Jane');
    localStorage.setItem('test:v1', '{"v":1,"title":"Joe"}');
    expect(cell().read().value.name).toBe('Joe');
  });

  it('keeps fields unknown to this version', () => {
    localStorage.setItem('test:v1', '{"v":2,"name":"a","later":7}');
    const one = cell();
    one.write({ ...one.read().value, name: 'b' });
    expect(JSON.parse(localStorage.getItem('test:v1') ?? '')).toEqual({
      v: 2,
      name: 'b',
      later: 7,
    });
  });

  it('is used but never overwritten when a newer page wrote it', () => {
    localStorage.setItem('test:v1', '{"v":3,"name":"newer"}');
    const one = cell();
    expect(one.read()).toMatchObject({ origin: 'newer', value: { name: 'newer' } });
    expect(one.write({ name: 'older' })).toBe(false);
    expect(localStorage.getItem('test:v1')).toContain('newer');
  });

  it('is set aside, not lost, when it cannot be read', () => {
    localStorage.setItem('test:v1', '{broken');
    expect(cell().read().origin).toBe('corrupt');
    const aside = Object.keys(localStorage).filter((key) => key.startsWith('test:v1.corrupt-'));
    expect(aside.map((key) => localStorage.getItem(key))).toEqual(['{broken']);
  });

  it('is not written when it is too long or storage refuses', () => {
    expect(cell().write({ name: 'x'.repeat(300) })).toBe(false);
    const full = {
      ...localStorage,
      getItem: () => null,
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    } as unknown as Storage;
    const one = createCell<Body>(
      {
        key: 'k',
        version: 1,
        fallback: () => ({ name: '' }),
        maxCharacters: 99,
        parse: () => null,
      },
      () => full,
    );
    expect(one.write({ name: 'a' })).toBe(false);
  });
});
