import type { Download } from '@artemis/contracts';
import { describe, expect, it } from 'vitest';
import { createFormatter } from '../../src/format/format.ts';
import { waitingText } from '../../src/format/lamp.ts';
import { en } from '../words.ts';

const NOW_MS = Date.parse('2026-11-22T12:00:00Z');

describe('the text of a waiting download', () => {
  const format = createFormatter('en', false);
  const say = (waitingFor: Download['waiting_for'], retryAt: string | null) =>
    waitingText({ waiting_for: waitingFor, retry_at: retryAt } as Download, en, format, NOW_MS);

  it('has the time until its site is tried again, and no time when others come first', () => {
    expect(say('host', '2026-11-22T12:30:00Z')).toBe(en.waitingSite({ time: format.span(1800) }));
    expect(say('host', null)).toBe(en.waitingHost);
  });

  it('has the day of the next try when the media is not available yet', () => {
    const at = '2026-12-24T18:00:00Z';
    expect(say('release', at)).toBe(en.waitingRelease({ at: format.dateTime(at) }));
    expect(say('release', '2026-11-22T11:00:00Z')).toBe(en.waitingReleaseSoon);
  });
});
