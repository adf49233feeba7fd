import { Type, type Static } from '@sinclair/typebox';
import { Count, nullable, oneOf, SaidCode, SaidValues, Timestamp } from './schemas.ts';
import {
  ENGINE_CHANNELS,
  ENGINE_EVENT_CODES,
  ENGINE_SOURCES,
  ENGINE_STATES,
  TRIAL_STEPS,
} from './vocabulary.ts';

const strict = { additionalProperties: false } as const;

export const EngineVersion = Type.String({
  pattern: '^\\d{4}\\.\\d{2}\\.\\d{2}[\\w.+-]{0,40}$',
  description: 'a version of yt-dlp, such as `2026.10.26`; nightly builds have a fourth number',
});

export const EngineParams = Type.Object({ version: EngineVersion }, strict);
export type EngineParams = Static<typeof EngineParams>;

export const FetchEngine = Type.Union(
  [
    Type.Object(
      {
        channel: oneOf(ENGINE_CHANNELS, {
          description: 'is kept; the server looks for a release now',
        }),
      },
      strict,
    ),
    Type.Object({ version: EngineVersion }, strict),
  ],
  {
    description:
      'an object with either `channel` (stable, nightly or off) or `version` (such as 2026.10.26)',
    examples: [{ channel: 'nightly' }, { version: '2026.10.26' }],
  },
);
export type FetchEngine = Static<typeof FetchEngine>;

export const TrialStep = Type.Object({
  name: oneOf(TRIAL_STEPS),
  site: nullable(Type.String()),
  state: oneOf(['running', 'ok', 'warn', 'fail', 'skipped']),
  message: nullable(Type.String()),
  code: SaidCode,
  values: SaidValues,
});
export type TrialStep = Static<typeof TrialStep>;

export const SiteSuccess = Type.Object({ site: Type.String(), succeeded: Count, failed: Count });
export type SiteSuccess = Static<typeof SiteSuccess>;

/** One yt-dlp on this computer. */
export const Engine = Type.Object({
  version: Type.String(),
  state: oneOf(ENGINE_STATES, {
    description: '`failed`: its trial failed, or the server went back because a site got worse',
  }),
  source: oneOf(ENGINE_SOURCES, {
    description:
      '`path`: on PATH or YTDLP_PATH, used as it is; `placed`: a person put the folder there',
  }),
  channel: nullable(oneOf(['stable', 'nightly'])),
  checksum: nullable(Type.String({ description: 'SHA-256 of the fetched release' })),
  added_at: nullable(Timestamp),
  used_since: nullable(Type.String({ ...Timestamp, description: 'null unless in use' })),
  age_days: Count,
  jobs: Type.Integer({ minimum: 0, description: 'attempts that use it now' }),
  trial: nullable(
    Type.Object({
      at: Timestamp,
      outcome: oneOf(['running', 'passed', 'failed']),
      steps: Type.Array(TrialStep),
    }),
  ),
  sites: Type.Array(SiteSuccess, {
    maxItems: 20,
    description: 'last 14 days, the most used first',
  }),
});
export type Engine = Static<typeof Engine>;

export const EngineEvent = Type.Object({
  at: Timestamp,
  code: oneOf(ENGINE_EVENT_CODES),
  version: nullable(Type.String()),
  from: nullable(Type.String()),
  site: nullable(Type.String()),
  message: Type.String(),
  message_code: SaidCode,
  message_values: SaidValues,
});
export type EngineEvent = Static<typeof EngineEvent>;

/** A site whose downloads fail the way they do with an outdated yt-dlp. */
export const BrokenSite = Type.Object({
  site: Type.String(),
  since: Timestamp,
  version: Type.String(),
  failures: Count,
  waiting: Count,
  trying: nullable(Type.String()),
});
export type BrokenSite = Static<typeof BrokenSite>;

export const EngineList = Type.Object({
  channel: oneOf(ENGINE_CHANNELS),
  in_use: nullable(Type.String()),
  previous: nullable(Type.String({ description: 'the version that going back would use' })),
  is_pinned: Type.Boolean({
    description:
      'a person chose it: the server switches to no other until one is chosen or the channel is set',
  }),
  is_fetching: Type.Boolean(),
  looked_at: nullable(Timestamp),
  next_look_at: nullable(Timestamp),
  fetch_problem: nullable(
    Type.Object({
      message: Type.String(),
      code: SaidCode,
      values: SaidValues,
      remedy: Type.String(),
      remedy_code: SaidCode,
    }),
  ),
  engines: Type.Array(Engine, { description: 'the newest version first' }),
  events: Type.Array(EngineEvent, { maxItems: 50, description: 'the newest first' }),
  broken_sites: Type.Array(BrokenSite),
});
export type EngineList = Static<typeof EngineList>;
