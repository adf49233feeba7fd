import { openDomain } from '../domain/domain-under-test.ts';
import { createVerdict, times, type Scenario } from './scenario.ts';

const ACTIVE = 1000;
const KEPT = 200;

export const manyRecords: Scenario = {
  name: 'many-records',
  about: `${ACTIVE} active downloads, ended ones come and go beyond the ${KEPT} that are kept`,
  seconds: 20,
  async run(context) {
    const active = createVerdict('no active download is ever evicted, also over a restart');
    const newest = createVerdict(`the newest ${KEPT} ended ones are kept`);
    const domain = await openDomain({ slots: 2, maxQueueDepth: 5000 });
    const all: string[] = [];
    const link = (n: number) => `https://a.example/${n}`;
    for (let from = 0; from < ACTIVE; from += 500) {
      all.push(...(await domain.submit(...Array.from({ length: 500 }, (_, n) => link(from + n)))));
    }
    const ends: string[] = [];
    for (let n = 0; n < times(context, 1500, 300); n += 1) {
      const [id = ''] = await domain.submit(link(ACTIVE + n));
      await domain.downloads.cancel(id);
      ends.push(id);
    }
    const next = await domain.restart();
    for (const id of all) {
      const status = next.statusOf(id);
      active.check(status === 'queued' || status === 'running', `${id} is ${status}`);
    }
    for (const id of ends.slice(-KEPT)) newest.check(next.statusOf(id) === 'cancelled', id);
    const kept = [...next.records.values()].filter(({ status }) => status === 'cancelled').length;
    newest.check(kept === KEPT, `${kept} kept`);
    await next.close();
    return [active.read(), newest.read()];
  },
};
