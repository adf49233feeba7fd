import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSegmentGate } from '../engine/segment-gate.ts';
import {
  startTasks,
  type DoneResult,
  type TaskRequest,
  type TasksUnderTest,
} from './task-under-test.ts';

const HLS = '/media/hls/master.m3u8';
const DASH = '/media/dash/manifest.mpd';
let tasks: TasksUnderTest;

beforeAll(async () => {
  tasks = await startTasks();
  const { edits } = createSegmentGate(tasks.origin);
  edits.set(HLS, (text) =>
    text
      .replace('LANGUAGE="de",DEFAULT=NO', 'LANGUAGE="de-AT"')
      .replace(
        '#EXT-X-STREAM-INF',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Français",LANGUAGE="fr",URI="en.m3u8?fr"\n#EXT-X-STREAM-INF',
      ),
  );
  edits.set(DASH, (text) => {
    const [sound = ''] =
      /<AdaptationSet[^>]*contentType="audio"[^]*?<\/AdaptationSet>/.exec(text) ?? [];
    const dub = sound
      .replace('lang="und"', 'lang="de"')
      .replaceAll('$RepresentationID$', '2')
      .replace(/(<Representation id=)"2"/, '$1"9"');
    const original = sound.replace('lang="und"', 'lang="en"');
    return text.replace(sound, original + dub);
  });
}, 60_000);

afterAll(() => tasks.close());

interface Stream {
  readonly disposition: { readonly default: number };
  readonly tags?: { readonly language?: string };
}

/** The sound of a file as `language` or `language, default`, in the order of its streams. */
async function soundsOf({ workFolder, media }: DoneResult): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ffprobe', [
    ...['-v', 'error', '-show_streams', '-select_streams', 'a', '-of', 'json'],
    `file:${join(workFolder, `media${media?.suffix}`)}`,
  ]);
  const { streams } = JSON.parse(stdout) as { streams: Stream[] };
  return streams.map(({ disposition, tags }) =>
    [tags?.language, ...(disposition.default === 1 ? ['default'] : [])].join(', '),
  );
}

function warningsOf({ outcome }: DoneResult): string[] {
  if (outcome.kind !== 'done') return [];
  return outcome.warnings.map(({ code, detail }) => (detail ? `${code}: ${detail}` : code));
}

const speaking = (audio_languages: string[], more: TaskRequest = {}): TaskRequest => ({
  ...more,
  options: { ...more.options, audio_languages },
});
const EMBEDDED: TaskRequest = {
  options: {
    container: 'mkv',
    embed_metadata: true,
    subtitles: { languages: ['en'], embed: true },
  },
};
const SECTION = { options: { section: { start: 1, end: 5 } } } as const;

describe('a file has the requested sound', { timeout: 60_000 }, () => {
  it.each<[what: string, path: string, TaskRequest, sounds: string[], warnings: string[]]>([
    [
      'three languages of HLS',
      HLS,
      speaking(['fr', 'de', 'en']),
      ['fra, default', 'deu', 'eng'],
      [],
    ],
    [
      'beside all that is embedded',
      HLS,
      speaking(['de', 'en'], EMBEDDED),
      ['deu, default', 'eng'],
      [],
    ],
    ['two languages of DASH', DASH, speaking(['DE', 'en']), ['deu, default', 'eng'], []],
    [
      'of what is offered',
      HLS,
      speaking(['ja', 'de', 'ko']),
      ['deu, default'],
      ['AUDIO_LANGUAGE_MISSING: ja, ko'],
    ],
    ['in a section', HLS, speaking(['de', 'en'], SECTION), ['deu, default', 'eng'], []],
  ])('%s', async (_, path, request, sounds, warnings) => {
    const result = await tasks.done(path, request);
    expect([await soundsOf(result), warningsOf(result)]).toEqual([sounds, warnings]);
  });

  it('the original where none of the languages is offered', async () => {
    const result = await tasks.done('/media/clip-360.mp4', speaking(['de']));
    expect(result.metadata).toMatchObject({ vcodec: 'h264', acodec: 'aac' });
    expect(warningsOf(result)).toEqual(['AUDIO_LANGUAGE_MISSING: de']);
  });

  it('the first language in a file of sound alone', async () => {
    const request = speaking(['ja', 'de', 'en'], { format_preset: 'Audio only' });
    const result = await tasks.done(HLS, {
      ...request,
      options: { ...request.options, audio_codec: 'mp3' },
    });
    expect(await soundsOf(result)).toHaveLength(1);
    expect(warningsOf(result)).toEqual(['AUDIO_LANGUAGE_MISSING: ja']);
  });
});
