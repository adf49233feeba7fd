import { readFile } from 'node:fs/promises';
import type { Plugin } from 'vite';

/**
 * A language is one file, of which `?first` is what the first screen needs, `?prose` the sentences of the server, and
 * `?later` the rest, so that nobody waits for words that are not shown yet.
 */
export function wordsPlugin(): Plugin {
  return {
    name: 'artemis-words',
    enforce: 'pre',
    async load(id) {
      const [, path, part] = /^(.+\.json)\?(first|later|prose)$/.exec(id) ?? [];
      if (path === undefined) return null;
      this.addWatchFile(path);
      const { dir, first, prose, ...later } = JSON.parse(await readFile(path, 'utf8')) as Record<
        string,
        unknown
      >;
      const parts: Readonly<Record<string, unknown>> = { first: { dir, first }, prose: { prose } };
      const json = JSON.stringify(parts[part ?? ''] ?? later);
      // A string that is parsed as JSON is read faster than an object in a script.
      const code = `export default JSON.parse(${JSON.stringify(json)});`;
      return { code, moduleType: 'js' };
    },
  };
}
