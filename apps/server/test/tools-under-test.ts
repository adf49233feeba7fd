import { resolve } from 'node:path';
import { findTools, type Tools } from '../src/adapters/tools/tools.ts';

/** The tools that `npm test` has set up. Tests use them as the server would; nothing here installs anything. */
export function toolsUnderTest(): Promise<Tools> {
  const repositoryDir = resolve(import.meta.dirname, '../../..');
  return findTools({
    toolsDir: resolve(repositoryDir, process.env['TOOLS_DIR'] ?? '.artemis/tools'),
    ytDlpPath: process.env['YTDLP_PATH'],
    pythonPath: process.env['PYTHON_PATH'],
    ffmpegPath: process.env['FFMPEG_PATH'],
    searchPath: process.env['PATH'] ?? '',
    nodeExecPath: process.execPath,
    nodeVersion: process.versions.node,
  });
}
