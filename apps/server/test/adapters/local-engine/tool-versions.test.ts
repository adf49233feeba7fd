import { expect, it } from 'vitest';
import type { EngineFacts } from '../../../src/adapters/engine/engine-process.ts';
import { toolVersions } from '../../../src/adapters/local-engine/tool-versions.ts';
import type { Tools } from '../../../src/adapters/tools/tools.ts';

const python = { path: '/usr/bin/python3', version: '3.11.2', hasPip: true };
const toolsWith = (pythonPath: string | null) =>
  ({ python, ytDlp: { pythonPath }, ffmpeg: null, jsRuntime: null }) as unknown as Tools;
const shown = (tools: Tools, facts: EngineFacts | null) => toolVersions(tools, facts).python;

it('the version of Python is that of the interpreter that runs yt-dlp', () => {
  expect(
    shown(toolsWith('/opt/venv/bin/python3'), { pythonVersion: '3.13.1' } as EngineFacts),
  ).toBe('3.13.1');
  // Before the engine host runs it is told only when it is known.
  expect(shown(toolsWith(null), null)).toBe('3.11.2');
  expect(shown(toolsWith('/usr/bin/python3'), null)).toBe('3.11.2');
  expect(shown(toolsWith('/opt/venv/bin/python3'), null)).toBeNull();
});
