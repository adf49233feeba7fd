import type { Explanation } from '@artemis/contracts';
import { ApiError } from '@artemis/contracts/client';
import { DEFAULT_SELECTION } from '@artemis/contracts/rules';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { languagesOf, timeOf, withOption } from '../../src/selection/selection-form.ts';
import { Explainer } from '../../src/state/explainer.svelte.ts';

const ANSWER: Explanation = { argv: [], output_example: 'downloads/a.mp4', warnings: [] };
const errors = [
  { path: '/options/subtitles/languages/1', message: 'is no language tag' },
  { path: '/options/section/end', message: 'must be after the start' },
];
const refusal = new ApiError(
  400,
  {
    type: 'about:blank',
    title: 'The request is not valid',
    status: 400,
    code: 'VALIDATION_FAILED',
    detail: 'Two fields are wrong.',
    instance: 'req-1',
    errors,
  },
  null,
);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the explanation of a selection', () => {
  it('is requested once typing pauses, for the last selection only', async () => {
    const explain = vi.fn(() => Promise.resolve(ANSWER));
    const explainer = new Explainer({ explain });
    explainer.ask(DEFAULT_SELECTION)();
    explainer.ask({ ...DEFAULT_SELECTION, quality: '720p' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(explain).toHaveBeenCalledTimes(1);
    expect(explain.mock.calls[0]).toMatchObject([{ quality: '720p' }, {}]);
    expect(explainer.explanation).toEqual(ANSWER);
  });

  it('shows a refusal of the server at its field, also for a nested one', async () => {
    const explainer = new Explainer({ explain: () => Promise.reject(refusal) });
    explainer.ask(DEFAULT_SELECTION);
    await vi.advanceTimersByTimeAsync(1000);
    expect(explainer.problem?.detail).toBe('Two fields are wrong.');
    expect(explainer.errorOf('/options/subtitles')?.message).toBe('is no language tag');
    expect(explainer.errorOf('/options/section/end')?.message).toBe('must be after the start');
    expect(explainer.errorOf('/options/section/start')).toBeUndefined();
  });

  it('blames no field when the server is away', async () => {
    const explainer = new Explainer({ explain: () => Promise.reject(new TypeError('no net')) });
    explainer.ask(DEFAULT_SELECTION);
    await vi.advanceTimersByTimeAsync(1000);
    expect([explainer.explanation, explainer.problem, explainer.errors]).toEqual([null, null, []]);
  });
});

describe('fields of a selection', () => {
  it('become options, and empty ones remove theirs', () => {
    const limited = withOption(DEFAULT_SELECTION, 'rate_limit_kbps', 100);
    expect(limited.options).toEqual({ rate_limit_kbps: 100 });
    expect(withOption(limited, 'rate_limit_kbps', undefined).options).toEqual({});
  });

  it('read times and languages as people write them', () => {
    expect([timeOf(' 90 '), timeOf('1:30'), timeOf('')]).toEqual([90, '1:30', '']);
    expect(languagesOf('en, de;pt-BR  en,')).toEqual(['en', 'de', 'pt-BR']);
  });
});
