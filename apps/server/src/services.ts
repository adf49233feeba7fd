import type { Configuration, Explanation, ReadinessCheck, Selection } from '@artemis/contracts';
import type { ActivityLog } from './domain/activity-log.ts';
import type { Domain } from './domain/create-domain.ts';
import type { FileStore } from './domain/ports.ts';
import type { SignedLinks } from './domain/links/signed-links.ts';
import type { EngineRoutesOptions } from './http/routes/engines.ts';

/** All that the HTTP side is given. */
export interface Services extends Pick<
  Domain,
  | 'downloads'
  | 'probes'
  | 'cookieJars'
  | 'feed'
  | 'testCookies'
  | 'isListedLanguage'
  | 'readTelemetry'
> {
  readonly files: FileStore;
  readonly log: ActivityLog;
  readonly engines: EngineRoutesOptions['engines'];
  readonly signedLinks: SignedLinks;
  readonly webDir: string;
  /** Of Artemis. */
  readonly version: string;
  readonly readConfiguration: () => Configuration;
  readonly readChecks: () => Promise<readonly ReadinessCheck[]>;
  readonly explain: (selection: Selection) => Explanation;
}
