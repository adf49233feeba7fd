import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { repositoryDir } from './steps.mjs';

/**
 * The few settings that matter before the server checks them all.
 * @typedef {{ toolsDir: string, ytDlpPath: string | undefined, pythonPath: string | undefined, ffmpegPath: string | undefined, caFile: string | undefined, mayInstall: boolean }} Settings
 */

/**
 * The environment wins over `.env`, as in the server; an empty value counts as not set.
 * @param {{ usesDotenv: boolean }} options
 * @returns {Promise<Settings>}
 */
export async function readSettings({ usesDotenv }) {
  const dotenv = usesDotenv ? await readDotenv() : {};
  const setting = (/** @type {string} */ name) => process.env[name] || dotenv[name] || undefined;
  const caFile = setting('CA_FILE');
  return {
    toolsDir: resolve(repositoryDir, setting('TOOLS_DIR') ?? '.artemis/tools'),
    ytDlpPath: setting('YTDLP_PATH'),
    pythonPath: setting('PYTHON_PATH'),
    ffmpegPath: setting('FFMPEG_PATH'),
    caFile: caFile && resolve(repositoryDir, caFile),
    mayInstall: setting('ARTEMIS_SETUP') !== 'off',
  };
}

/** @returns {Promise<NodeJS.Dict<string>>} */
async function readDotenv() {
  try {
    return parseEnv(await readFile(join(repositoryDir, '.env'), 'utf8'));
  } catch {
    return {};
  }
}
