import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createMemoryTable } from '../../src/adapters/download-store/memory-table.ts';
import type { DownloadQueue } from '../../src/domain/ports.ts';
import { brokenSitesOf, readTelemetry } from '../../src/domain/telemetry.ts';
import { record } from '../adapters/history.conformance.ts';

const QUEUED = 10_000;
const WORKERS = 16;
const TITLES = [
  'Die Sitzung des Stadtrats vom vierzehnten November, ungekürzt und mit Untertiteln',
  'How bridges fall: a lecture on resonance, wind and a very long title',
  '市議会の録画 第十四回 会議の全体と質疑応答、手話通訳つき 完全版',
  'Reportage au long cours : la forêt, le fleuve et ceux qui y vivent encore',
] as const;

it('telemetry is at most 2 KiB on the wire with ten thousand waiting downloads and every slot busy', async () => {
  const table = createMemoryTable();
  const running: string[] = [];
  for (let at = 0; at < QUEUED + WORKERS; at += 1) {
    const isRunning = at < WORKERS;
    const id = randomUUID();
    if (isRunning) running.push(id);
    table.add({
      ...record(),
      id,
      url: `https://site-${at % 400}.example/watch?v=${id}`,
      title: `${at} ${TITLES[at % TITLES.length]}`,
      status: isRunning ? 'running' : 'queued',
      phase: isRunning ? 'downloading' : null,
      progress: isRunning ? (at * 5.37) % 100 : 0,
      speed_bps: isRunning ? 1_234_567.8 * (at + 1) : null,
      eta_seconds: isRunning ? 17 * at : null,
    });
  }
  const queue: Pick<DownloadQueue, 'slots' | 'hosts'> = {
    slots: () => running,
    hosts: () =>
      Array.from({ length: 400 }, (_, at) => ({
        host: `a-rather-long-name-of-a-site-${at * 7919}.example`,
        running: at % 3,
        queued: 25 + at,
        parkedUntilMs: at % 2 === 0 ? null : Date.now() + at * 1000,
      })),
  };
  const telemetry = await readTelemetry({
    records: {
      get: (id) => Promise.resolve(table.get(id)),
      counts: () => Promise.resolve(table.counts()),
    },
    queue: queue as DownloadQueue,
    capacity: QUEUED * 2,
    provider: 'local',
    usage: { usedBytes: 84_123_456_789, files: 12_406 },
    freeBytes: 412_987_654_321,
    nextCleanupAt: new Date().toISOString(),
    engine: {
      yt_dlp_version: '2026.11.13',
      age_days: 9,
      mode: 'warm',
      sandbox: 'partial',
      ffmpeg_version: '7.1.2-0+deb13u1',
      js_runtime: 'deno 2.3.1',
      broken_sites: brokenSitesOf(
        Array.from({ length: 12 }, (_, at) => ({
          site: `a-rather-long-name-of-a-site-${at * 7919}.example`,
          sinceMs: Date.now() - at * 77_777_777,
          version: '2026.11.13',
          lastFailureMs: Date.now(),
          failures: at + 3,
          waiting: at * 31,
          isSeeking: at % 2 === 0,
          nextTryMs: Date.now() + at * 777_777,
        })),
      ),
      jobs: 12_345,
      job_cpu_seconds: 98_765.4,
      job_peak_memory_bytes: 123_456_789,
    },
    process: { rss_bytes: 98_765_432, event_loop_delay_p99_ms: 12.3, uptime_seconds: 123_456 },
    instanceId: randomUUID(),
    now: new Date(),
  });
  expect(telemetry).toMatchObject({ queued: QUEUED, running: WORKERS });
  expect(telemetry.active).toHaveLength(WORKERS);
  expect(gzipSync(JSON.stringify(telemetry)).length).toBeLessThanOrEqual(2048);
});
