import type { Engine, EngineList, FetchEngine, TrialStep } from '@artemis/contracts';
import type { Send } from './fake-server.ts';

const at = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString();

const step = (
  name: TrialStep['name'],
  state: TrialStep['state'],
  site: string | null = null,
  message: string | null = null,
): TrialStep => ({ name, site, state, message });

function fakeEngine(version: string, change: Partial<Engine>): Engine {
  return {
    version,
    state: 'ready',
    source: 'release',
    channel: 'stable',
    checksum: 'ab'.repeat(32),
    added_at: at(20),
    used_since: null,
    age_days: 9,
    jobs: 0,
    trial: {
      at: at(1),
      outcome: 'passed',
      steps: [
        step('import', 'ok'),
        step('solve', 'ok'),
        step('rehearsal', 'ok'),
        step('site', 'ok', 'video.example'),
      ],
    },
    sites: [],
    ...change,
  };
}

/** What a server tells that has had trouble: every kind of version, event and problem. */
export function createFakeEngines(): { list: EngineList } {
  const event = { from: null, site: null, message: '' } as const;
  return {
    list: {
      channel: 'stable',
      in_use: '2026.11.13',
      previous: '2026.10.26',
      is_pinned: true,
      is_fetching: false,
      looked_at: at(0.2),
      next_look_at: at(-0.8),
      fetch_problem: {
        message: 'The release could not be fetched: the connection was refused.',
        remedy: 'npm run tools -- newer',
      },
      engines: [
        fakeEngine('2026.11.26.120000', {
          state: 'failed',
          channel: 'nightly',
          age_days: 1,
          trial: {
            at: at(0.5),
            outcome: 'failed',
            steps: [
              step('import', 'ok'),
              step('solve', 'warn', null, 'It took 12 seconds.'),
              step('rehearsal', 'fail', null, 'The second file was cut short.'),
              step('site', 'skipped', 'video.example'),
            ],
          },
        }),
        fakeEngine('2026.11.20', { age_days: 8 }),
        fakeEngine('2026.11.13', {
          state: 'in_use',
          used_since: at(4),
          age_days: 15,
          jobs: 3,
          sites: [
            { site: 'video.example', succeeded: 1391, failed: 11 },
            { site: 'tube.example', succeeded: 48, failed: 52 },
          ],
        }),
        fakeEngine('2026.10.26', {
          age_days: 33,
          source: 'debian',
          sites: [
            { site: 'video.example', succeeded: 940, failed: 12 },
            { site: 'archive.example', succeeded: 512, failed: 0 },
          ],
        }),
        fakeEngine('2026.09.05', {
          age_days: 84,
          source: 'path',
          channel: null,
          checksum: null,
          trial: null,
        }),
      ],
      events: [
        {
          ...event,
          at: at(0.1),
          code: 'SITE_BROKEN',
          version: '2026.11.13',
          site: 'tube.example',
        },
        {
          ...event,
          at: at(0.2),
          code: 'FETCH_FAILED',
          version: null,
          message: 'The connection was refused.',
        },
        {
          ...event,
          at: at(0.5),
          code: 'TRIAL_FAILED',
          version: '2026.11.26.120000',
          message: 'The second rehearsal file was cut short.',
        },
        {
          ...event,
          at: at(4),
          code: 'WENT_BACK',
          version: '2026.11.13',
          from: '2026.11.20',
          message: 'archive.example worked for 6 of 20 instead of 20 of 20.',
        },
        { ...event, at: at(5), code: 'TRIAL_PASSED', version: '2026.11.20' },
        { ...event, at: at(5), code: 'FETCHED', version: '2026.11.20' },
      ],
      broken_sites: [
        {
          site: 'tube.example',
          since: at(0.1),
          version: '2026.11.13',
          failures: 52,
          waiting: 23,
          trying: null,
        },
      ],
    },
  };
}

/** The calls of the engine room, in the shapes of the contract. */
export function answerEngines(
  request: { readonly method: string; readonly path: string; readonly body: unknown },
  room: { list: EngineList },
  send: Send,
): void {
  const { method, path, body } = request;
  const [, , version, verb] = path.split('/').map(decodeURIComponent);
  if (version === undefined) {
    if (method === 'POST') {
      const wanted = body as FetchEngine;
      const channel = 'channel' in wanted ? { channel: wanted.channel, is_pinned: false } : {};
      room.list = { ...room.list, ...channel };
    }
    return send(method === 'POST' ? 202 : 200, room.list);
  }
  const found = room.list.engines.find((engine) => engine.version === version);
  const refuse = (status: number, code: string, title: string): void =>
    send(status, { type: 'about:blank', title, status, code, detail: title, instance: 'req-1' });
  if (!found) return refuse(404, 'ENGINE_NOT_FOUND', 'There is no such yt-dlp version');
  if (method === 'DELETE') {
    if (found.state === 'in_use') return refuse(409, 'ENGINE_IN_USE', 'This version is in use');
    const engines = room.list.engines.filter((engine) => engine !== found);
    room.list = { ...room.list, engines };
    return send(204, null);
  }
  if (verb !== 'use') return refuse(404, 'ROUTE_NOT_FOUND', 'There is nothing at this address');
  room.list = {
    ...room.list,
    in_use: version,
    previous: room.list.in_use === version ? room.list.previous : room.list.in_use,
    is_pinned: true,
    engines: room.list.engines.map((engine) =>
      engine.version === version
        ? { ...engine, state: 'in_use', used_since: at(0) }
        : engine.state === 'in_use'
          ? { ...engine, state: 'ready', used_since: null, jobs: 0 }
          : engine,
    ),
  };
  send(200, room.list);
}
