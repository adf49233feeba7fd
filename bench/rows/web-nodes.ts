import { QUEUED, type WebMeasure, type WebRow } from '../web/measure.ts';
import { visit } from '../web/tab.ts';

const VIEWS = ['', 'queue', 'library', 'presets', 'engine', 'settings', 'diagnostics'];
const OVERLAYS = ['intake', 'palette', 'keys'];

/** Elements of each view and overlay; they do not depend on the time, so once is enough. */
export const webNodes: WebRow = {
  name: 'nodes',
  async run(bench) {
    const room = await bench.startRoom({
      queued: QUEUED,
      running: 6,
      workers: 6,
      completed: 200,
      failed: 20,
    });
    const [first] = room.room.list({ statuses: ['completed'] });
    const places = [
      ...VIEWS,
      ...OVERLAYS.map((name) => `queue?${name}`),
      `queue?download=${first?.id}`,
    ];
    const tab = await bench.openTab();
    const counts: { place: string; nodes: number }[] = [];
    let perRow = 0;
    for (const place of places) {
      await visit(tab, `${room.url}/${place}`);
      const found = await tab.page.evaluate(() => ({
        nodes: document.querySelectorAll('*').length,
        perRow: Math.max(
          0,
          ...[...document.querySelectorAll('[data-index]')].map(
            (row) => row.querySelectorAll('*').length,
          ),
        ),
      }));
      counts.push({ place: `/${place.replace(/=.*/, '')}`, nodes: found.nodes });
      perRow = Math.max(perRow, found.perRow);
    }
    await tab.close();
    await room.close();
    const measures = counts.map(({ place, nodes }): WebMeasure => ({
      budget: 'B19',
      title: `Elements of ${place}`,
      unit: '',
      values: [nodes],
      limit: 1500,
    }));
    return [
      ...measures,
      {
        budget: 'B19',
        title: 'Elements of the largest row of a list',
        unit: '',
        values: [perRow],
        limit: 12,
      },
    ];
  },
};
