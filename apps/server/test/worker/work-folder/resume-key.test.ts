import { expect, it } from 'vitest';
import { resumeKey } from '../../../src/worker/work-folder/resume-state.ts';

it('matches the work folders of earlier versions', () => {
  const key = resumeKey({
    url: 'https://a.example/1',
    selection: { format_preset: 'Audio only', quality: 'best', options: { audio_codec: 'mp3' } },
  });
  expect(key).toBe('187b6576fad35271db97652167aeed164cb86350fa4bda008ea6523aeb84c056');
});
