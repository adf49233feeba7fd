import type { Selection } from '@artemis/contracts';
import { pickSelection } from '@artemis/contracts/rules';
import { createId } from '../browser/ids.ts';
import { askToPersist } from '../browser/persist.ts';
import { isSameSelection } from '../selection/selection.ts';
import type { Cell, Origin } from '../storage/cell.ts';
import {
  createPresetsCell,
  MAX_PRESETS,
  type Preset,
  type PresetsBody,
  type StarterNames,
} from '../storage/presets-cell.ts';

/**
 * The presets of this browser. A change is applied to what storage holds at that moment, so that two tabs do
 * not undo each other; when both changed the same preset, both versions stay.
 */
export class Presets {
  readonly #cell: Cell<PresetsBody>;
  #body: PresetsBody;
  #items: readonly Preset[] = $state.raw([]);
  #origin: Origin = $state('stored');
  #isKept = $state(true);

  constructor(starters: StarterNames, cell: Cell<PresetsBody> = createPresetsCell(starters)) {
    this.#cell = cell;
    const { value, origin } = cell.read();
    this.#body = value;
    this.#origin = origin;
    // The first visit stores the starting presets, so that other tools of this origin find them.
    if (origin === 'fallback' || origin === 'corrupt') this.#isKept = cell.write(value);
    this.#show(value);
    cell.onOtherTab(() => this.#show(cell.read().value));
  }

  /** In the order of the list. */
  get items(): readonly Preset[] {
    return this.#items;
  }

  get lastUsedId(): string | null {
    return this.#body.lastUsedId;
  }

  get origin(): Origin {
    return this.#origin;
  }

  /** False when storage did not take the last change: it lives until the tab closes. */
  get isKept(): boolean {
    return this.#isKept;
  }

  find(id: string | null): Preset | undefined {
    return this.#items.find((preset) => preset.id === id);
  }

  add(name: string, selection: Selection): Preset {
    const preset: Preset = {
      id: createId(),
      name,
      ...pickSelection(selection),
    };
    this.#change((body) => ({
      ...body,
      items: [...body.items, preset].slice(0, MAX_PRESETS),
      order: [...body.order, preset.id],
    }));
    return preset;
  }

  /** `base` is the preset as it was when the editing began. */
  save(base: Preset, changed: Preset, otherTabName: (name: string) => string): void {
    this.#change((body) => {
      const stored = body.items.find((item) => item.id === base.id);
      if (stored && stored.name === base.name && isSameSelection(stored, base)) {
        return { ...body, items: body.items.map((item) => (item.id === base.id ? changed : item)) };
      }
      if (!stored) {
        return { ...body, items: [...body.items, changed], order: [...body.order, changed.id] };
      }
      const other: Preset = { ...stored, id: createId(), name: otherTabName(stored.name) };
      return {
        ...body,
        items: [...body.items.map((item) => (item.id === base.id ? changed : item)), other],
        order: [...body.order, other.id],
      };
    });
  }

  /** Adds presets of a file. One with a known id and other content comes in under a new id. */
  merge(incoming: readonly Preset[]): void {
    this.#change((body) => {
      const items = [...body.items];
      const order = [...body.order];
      for (const preset of incoming) {
        const known = items.find((item) => item.id === preset.id);
        if (known && known.name === preset.name && isSameSelection(known, preset)) continue;
        const added = known ? { ...preset, id: createId() } : preset;
        items.push(added);
        order.push(added.id);
      }
      return { ...body, items: items.slice(0, MAX_PRESETS), order };
    });
  }

  remove(id: string): void {
    this.#change((body) => ({
      ...body,
      items: body.items.filter((item) => item.id !== id),
      order: body.order.filter((other) => other !== id),
    }));
  }

  /** Restores a removed preset at its former place. */
  restore(preset: Preset, index: number): void {
    this.#change((body) => ({
      ...body,
      items: [...body.items.filter((item) => item.id !== preset.id), preset],
      order: body.order.filter((id) => id !== preset.id).toSpliced(index, 0, preset.id),
    }));
  }

  move(id: string, by: -1 | 1): void {
    this.#change((body) => {
      const order = sorted(body).map((item) => item.id);
      const from = order.indexOf(id);
      const to = from + by;
      if (from < 0 || to < 0 || to >= order.length) return body;
      return { ...body, order: order.toSpliced(from, 1).toSpliced(to, 0, id) };
    });
  }

  use(id: string | null): void {
    if (this.#body.lastUsedId !== id) this.#change((body) => ({ ...body, lastUsedId: id }));
  }

  #change(change: (body: PresetsBody) => PresetsBody): void {
    const latest = this.#cell.read();
    const base = latest.origin === 'stored' ? latest.value : this.#body;
    const next = { ...change(base), rev: base.rev + 1, updatedAt: new Date().toISOString() };
    this.#isKept = this.#cell.write(next);
    askToPersist();
    this.#show(next);
  }

  #show(body: PresetsBody): void {
    this.#body = body;
    this.#items = sorted(body);
  }
}

function sorted(body: PresetsBody): Preset[] {
  const place = new Map(body.order.map((id, index) => [id, index]));
  const last = body.order.length;
  return [...body.items].sort((a, b) => (place.get(a.id) ?? last) - (place.get(b.id) ?? last));
}
