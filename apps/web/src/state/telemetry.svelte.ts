import type { SuccessBody } from '@artemis/contracts/client';
import type { Sample } from '../format/throughput-line.ts';
import { createCell, isRecord, type Cell } from '../storage/cell.ts';

export type Telemetry = NonNullable<SuccessBody<'telemetry'>>;

interface Snapshot {
  readonly at: number;
  readonly etag: string | null;
  readonly snapshot: Telemetry | null;
}

const SNAPSHOT_EVERY_MS = 15_000;
const SAMPLES_KEPT = 300;

export function createTelemetryCell(storage?: () => Storage): Cell<Snapshot> {
  return createCell<Snapshot>(
    {
      key: 'workspace-telemetry:v1',
      version: 1,
      fallback: () => ({ at: 0, etag: null, snapshot: null }),
      maxCharacters: 16_384,
      parse: (body) => {
        if (!isRecord(body) || typeof body['at'] !== 'number' || !isRecord(body['snapshot']))
          return null;
        const snapshot = body['snapshot'];
        const needed = ['workers', 'queue', 'storage', 'engine', 'process', 'active', 'hosts'];
        if (!needed.every((name) => typeof snapshot[name] === 'object')) return null;
        // This page stored it from an answer of the server, so the rest has the shape of the contract.
        return { at: body['at'], etag: null, snapshot: snapshot as unknown as Telemetry };
      },
    },
    storage,
  );
}

/** The newest figures of the server, and when they were heard. Starts with those of the last visit. */
export class TelemetryState {
  readonly #cell: Cell<Snapshot>;
  #value: Telemetry | null = $state.raw(null);
  #heardAt: number | null = $state(null);
  #isFromLastVisit = $state(false);
  #samples: readonly Sample[] = $state.raw([]);
  #etag: string | null = null;
  #writtenAt = 0;

  constructor(cell: Cell<Snapshot> = createTelemetryCell()) {
    this.#cell = cell;
    const { at, snapshot } = cell.read().value;
    if (snapshot) {
      this.#value = snapshot;
      this.#heardAt = at;
      this.#isFromLastVisit = true;
    }
  }

  get value(): Telemetry | null {
    return this.#value;
  }

  /** Time of this browser at which the server last said so; null before the first answer. */
  get heardAt(): number | null {
    return this.#heardAt;
  }

  get isFromLastVisit(): boolean {
    return this.#isFromLastVisit;
  }

  get etag(): string | null {
    return this.#etag;
  }

  /** Throughput of the last minutes, oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  restore(samples: readonly Sample[]): void {
    this.#samples = [...samples, ...this.#samples].slice(-SAMPLES_KEPT);
  }

  heard(value: Telemetry, etag: string | null, at: number): void {
    this.#value = value;
    this.#etag = etag;
    this.#isFromLastVisit = false;
    this.stillTrue(at);
    if (at - this.#writtenAt >= SNAPSHOT_EVERY_MS) this.save();
  }

  /** The server said that nothing changed. */
  stillTrue(at: number): void {
    this.#heardAt = at;
    const bps = this.#value?.throughput_bps ?? 0;
    const last = this.#samples.at(-1);
    // While idle nothing is stored: a flat line needs only its ends.
    if (bps === 0 && last?.bps === 0 && this.#samples.at(-2)?.bps === 0) return;
    this.#samples = [...this.#samples, { at, bps }].slice(-SAMPLES_KEPT);
  }

  save(): void {
    if (this.#value === null || this.#heardAt === null || this.#isFromLastVisit) return;
    this.#writtenAt = Date.now();
    this.#cell.write({ at: this.#heardAt, etag: null, snapshot: this.#value });
  }
}
