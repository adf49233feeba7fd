import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeSettingsFolders } from '../../../src/adapters/files/settings-folders.ts';

function settings() {
  const root = mkdtempSync(join(tmpdir(), 'artemis-settings-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return {
    downloadsDir: join(root, 'a/b/downloads'),
    scratchDir: join(root, 'f/scratch'),
    historyFile: join(root, 'c/d/history.json'),
    dataDir: join(root, 'e/data'),
  };
}

it('folders in settings are created with their parents, the data and scratch folders for their owner alone', () => {
  const config = settings();
  makeSettingsFolders(config);
  makeSettingsFolders(config);
  expect(existsSync(config.downloadsDir)).toBe(true);
  expect(existsSync(join(config.historyFile, '..'))).toBe(true);
  for (const folder of [config.dataDir, config.scratchDir]) {
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  }
});

it.runIf(process.platform === 'linux')(
  'a setting with a folder that cannot be created is refused by its name, never its value',
  () => {
    for (const [name, bad] of [
      ['DOWNLOADS_DIR', { downloadsDir: '/proc/some-value/x' }],
      ['SCRATCH_DIR', { scratchDir: '/proc/some-value' }],
      ['HISTORY_FILE', { historyFile: '/proc/some-value/x.json' }],
      ['DATA_DIR', { dataDir: '/proc/some-value' }],
    ] as const) {
      const make = () => makeSettingsFolders({ ...settings(), ...bad });
      expect(make).toThrow(
        new RegExp(`: the system does not allow folders at the place of ${name}`),
      );
      expect(make).not.toThrow(/some-value/);
    }
  },
);
