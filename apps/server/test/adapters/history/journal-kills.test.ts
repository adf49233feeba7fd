import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { makeHistoryFolder } from './history-folder.ts';

/** In the journal, and while the file is written anew: a start behind a kill begins with that. */
const KILLED_AFTER = [300, 1, 40];

it('has every acknowledged record when its process is killed in the middle of writing', async () => {
  const folder = await makeHistoryFolder();
  const acknowledged = new Set<string>();
  for (const saves of KILLED_AFTER) {
    const writer = spawn(
      process.execPath,
      [
        '--conditions=@artemis/source',
        '--import',
        'tsx',
        join(import.meta.dirname, 'journal-writer.ts'),
        folder.file,
        join(folder.path, 'data'),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(writer, 'exit');
    let count = 0;
    for await (const id of createInterface({ input: writer.stdout })) {
      acknowledged.add(id);
      count += 1;
      if (count === saves) writer.kill('SIGKILL');
    }
    await ended;
    expect(count).toBeGreaterThanOrEqual(saves);
    const found = await (await folder.frozen()).find();
    expect(found.health.state).toBe('ok');
    const ids = new Set(found.downloads.map(({ id }) => id));
    expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
    // At most what the four callers had under way at each kill.
    expect(ids.size - acknowledged.size).toBeLessThanOrEqual(4 * KILLED_AFTER.length);
  }
  await folder.remove();
});
