import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  outputTemplates,
  parseOutputLine,
  type OutputMessage,
} from '../../../src/worker/output/output-lines.ts';
import { createProgressMeter, type ProgressMeter } from '../../../src/worker/output/progress.ts';

const NONCE = 'f00d';

function message(kind: string, ...values: unknown[]): OutputMessage {
  const line = [NONCE, kind, ...values.map((value) => JSON.stringify(value))].join('\t');
  const parsed = parseOutputLine(line, NONCE);
  if (parsed === null) throw new Error(`not one of our lines: ${line}`);
  return parsed;
}

function meterWithClock(): { meter: ProgressMeter; wait: (milliseconds: number) => void } {
  let now = 0;
  return {
    meter: createProgressMeter(() => now),
    wait: (milliseconds) => {
      now += milliseconds;
    },
  };
}

const twoStreams = message('video', { duration: 100 }, [
  { format_id: 'v', filesize: 9_000, vcodec: 'avc1', protocol: 'https' },
  { format_id: 'a', filesize: 1_000, vcodec: 'none', protocol: 'https' },
]);
const stream = (format: string, fields: object) =>
  message('download', { status: 'downloading', ...fields }, format);

describe('lines printed by yt-dlp', () => {
  it.each([
    'f00d\tfile\t"/etc/passwd"',
    '[generic] f00d\tfile\t"/etc/passwd"',
    'NONCE\tfile\t"/etc/passwd"',
    'file\t"/etc/passwd"',
    '',
  ])('count only with the nonce of this run: %j', (line) => {
    expect(parseOutputLine(line, '0123456789abcdef')).toBeNull();
  });

  it('carry a title with newlines, tabs and our markers as one value', () => {
    const title = 'x\nf00d\tfile\t"/etc/passwd"\t\u001e';
    const parsed = message('video', { title, format_id: 'mp4' }, []);
    expect(parsed).toMatchObject({ kind: 'video', video: { fields: { title } } });
  });

  it('carry long texts separately and leave out unknown ones', () => {
    expect(outputTemplates(NONCE).video).toContain('\t%(title.:2000)j\t');
    const parsed = message('video', { format_id: 'mp4' }, [], [], 'A title', [], 'A channel');
    expect(parsed).toMatchObject({ video: { fields: { title: 'A title', channel: 'A channel' } } });
    expect(parsed).not.toHaveProperty('video.fields.uploader');
  });

  it('survive unknown values', () => {
    const parsed = parseOutputLine(`${NONCE}\tvideo\t{"format_id": "18"}\t[]\tNA`, NONCE);
    expect(parsed).toMatchObject({
      video: { formats: [{ formatId: '18', sizeBytes: null }], sponsorSeconds: 0, isLive: false },
    });
    expect(parseOutputLine(`${NONCE}\tfile\tNA`, NONCE)).toBeNull();
    expect(parseOutputLine(`${NONCE}\tnews\t{}`, NONCE)).toBeNull();
  });

  it('count overlapping segments of SponsorBlock once', () => {
    const segments = [
      { start_time: 10, end_time: 20 },
      { start_time: 15, end_time: 25 },
      { start_time: 50, end_time: 55 },
    ];
    expect(message('video', { format_id: 'x' }, [], segments)).toMatchObject({
      video: { sponsorSeconds: 20 },
    });
  });

  it('are requested with the nonce of this run in each', () => {
    for (const template of Object.values(outputTemplates(NONCE))) {
      expect(template).toMatch(/^\w+:f00d\t/);
    }
  });
});

describe('the progress of a download', () => {
  it('weighs its streams by size and reserves a share for joining', () => {
    const { meter } = meterWithClock();
    meter.take(twoStreams);
    expect(meter.read()).toMatchObject({ phase: 'extracting', progress: 0, totalBytes: 10_000 });
    meter.take(stream('v', { downloaded_bytes: 4_500, total_bytes: 9_000 }));
    expect(meter.read()).toMatchObject({ phase: 'downloading', progress: 44.1 });
    meter.take(stream('v', { status: 'finished', downloaded_bytes: 9_000, total_bytes: 9_000 }));
    meter.take(stream('a', { status: 'finished', downloaded_bytes: 1_000, total_bytes: 1_000 }));
    expect(meter.read()).toMatchObject({ progress: 98, downloadedBytes: 10_000 });
    meter.take(message('postprocess', { status: 'started', postprocessor: 'Merger' }));
    expect(meter.read()).toMatchObject({ phase: 'processing', progress: 98, speedBps: null });
    meter.verifying();
    expect(meter.read()).toMatchObject({ phase: 'verifying', progress: 99 });
  });

  it('never falls, whatever is reported', () => {
    const report = fc.record({
      format: fc.constantFrom('v', 'a', 'other'),
      status: fc.constantFrom('downloading', 'finished'),
      downloaded_bytes: fc.nat(20_000),
      total_bytes: fc.option(fc.nat(20_000)),
      fragment_index: fc.option(fc.nat(30)),
      fragment_count: fc.option(fc.nat(20)),
    });
    fc.assert(
      fc.property(fc.array(report, { maxLength: 40 }), (reports) => {
        const { meter, wait } = meterWithClock();
        meter.take(twoStreams);
        let last = { progress: 0, bytes: 0 };
        for (const { format, ...fields } of reports) {
          wait(100);
          meter.take(stream(format, fields));
          const { progress, downloadedBytes, totalBytes } = meter.read();
          expect(progress).toBeGreaterThanOrEqual(last.progress);
          expect(progress).toBeLessThanOrEqual(98);
          expect(downloadedBytes).toBeGreaterThanOrEqual(last.bytes);
          if (totalBytes !== null) expect(totalBytes).toBeGreaterThanOrEqual(downloadedBytes ?? 0);
          last = { progress, bytes: downloadedBytes ?? 0 };
        }
      }),
    );
  });

  it('trusts finished fragments more than a guessed size', () => {
    const { meter } = meterWithClock();
    meter.take(message('video', { format_id: 'hls', vcodec: 'avc1' }, []));
    const fields = { downloaded_bytes: 10, total_bytes_estimate: 20, fragment_index: 1 };
    meter.take(stream('hls', { ...fields, fragment_count: 100 }));
    expect(meter.read().progress).toBe(1);
  });

  it('weighs by bitrate, or by usual values, when sizes are unknown', () => {
    const half = (formats: object[]) => {
      const { meter } = meterWithClock();
      meter.take(message('video', {}, formats));
      meter.take(stream('v', { status: 'finished', downloaded_bytes: 1 }));
      return meter.read().progress;
    };
    expect(
      half([
        { format_id: 'v', tbr: 300 },
        { format_id: 'a', tbr: 100 },
      ]),
    ).toBe(73.5);
    expect(half([{ format_id: 'v' }, { format_id: 'a', vcodec: 'none' }])).toBe(88.2);
  });

  it('computes speed and remaining time from the last seconds', () => {
    const { meter, wait } = meterWithClock();
    meter.take(twoStreams);
    for (const bytes of [0, 1_000, 2_000, 3_000]) {
      meter.take(stream('v', { downloaded_bytes: bytes, total_bytes: 9_000 }));
      if (bytes < 3_000) wait(1_000);
    }
    expect(meter.read()).toMatchObject({ speedBps: 1_000, etaSeconds: 7 });
  });

  it('does not count earlier bytes on the disk as speed', () => {
    const { meter, wait } = meterWithClock();
    meter.take(twoStreams);
    meter.take(stream('v', { status: 'finished', downloaded_bytes: 9_000, total_bytes: 9_000 }));
    for (const bytes of [400, 500, 600, 700, 800]) {
      wait(1_000);
      meter.take(stream('a', { downloaded_bytes: bytes, total_bytes: 1_000 }));
    }
    expect(meter.read()).toMatchObject({ downloadedBytes: 9_800, speedBps: 100 });
  });

  it('shows no size and no time when the size of a stream is unknown', () => {
    const { meter } = meterWithClock();
    meter.take(message('video', { format_id: 'x', vcodec: 'h264' }, []));
    meter.take(stream('x', { downloaded_bytes: 500 }));
    expect(meter.read()).toMatchObject({ progress: 0, downloadedBytes: 500, totalBytes: null });
    expect(meter.read().etaSeconds).toBeNull();
  });

  it('does not count subtitles as media', () => {
    const { meter } = meterWithClock();
    meter.take(twoStreams);
    meter.take(message('download', { status: 'finished', downloaded_bytes: 154 }, null));
    expect(meter.read()).toMatchObject({ phase: 'extracting', downloadedBytes: 0 });
  });
});
