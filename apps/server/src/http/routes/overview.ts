import type { Configuration, Telemetry } from '@artemis/contracts';
import type { FastifyInstance } from 'fastify';
import type { ActivityLog } from '../../domain/activity-log.ts';
import { conditionally } from '../conditional.ts';
import { addRoute, NO_STORE } from '../route.ts';

export interface OverviewRoutesOptions {
  readonly readTelemetry: () => Promise<Telemetry>;
  readonly readConfiguration: () => Configuration;
  readonly log: ActivityLog;
}

const SIZE_STEP_BYTES = 64 * 1024 ** 2;

/** What the page shows besides downloads: telemetry, configuration, console. */
export function overviewRoutes(app: FastifyInstance, options: OverviewRoutesOptions): void {
  addRoute(app, 'telemetry', async (request) => {
    const telemetry = await options.readTelemetry();
    return conditionally(request, telemetry, 'weak', steadyPart(telemetry));
  });

  addRoute(app, 'configuration', () => ({
    status: 200,
    headers: { 'cache-control': 'no-cache' },
    body: options.readConfiguration(),
  }));

  addRoute(app, 'log', (request) => ({
    status: 200,
    headers: NO_STORE,
    body: options.log.console(request.query.after ?? 0),
  }));
}

/** Leaves out what changes while nothing happens, so that an idle server answers 304. */
function steadyPart(telemetry: Telemetry): object {
  const { storage, engine } = telemetry;
  const inSteps = (bytes: number) => Math.round(bytes / SIZE_STEP_BYTES);
  return {
    ...telemetry,
    at: null,
    process: null,
    engine: { ...engine, age_days: null },
    storage: {
      ...storage,
      used_bytes: inSteps(storage.used_bytes),
      free_bytes: storage.free_bytes === null ? null : inSteps(storage.free_bytes),
    },
  };
}
