import type { ExtractAnswer, ExtractRequest } from './extract-worker.ts';
import { extractUrls, type Extraction } from './extract-urls.ts';

/** From this many characters on the links are looked for in a worker. */
export const LARGE_TEXT = 32_768;

let worker: Worker | null = null;
let lastId = 0;

/**
 * The links of a large text, found beside the page. Resolves to null when a newer text was asked for
 * meanwhile. Where workers are missing it is done here.
 */
export function extractLarge(text: string, markup: string): Promise<Extraction | null> {
  if (!('Worker' in globalThis)) return Promise.resolve(extractUrls(text, markup));
  worker ??= new Worker(new URL('./extract-worker.ts', import.meta.url), { type: 'module' });
  const running = worker;
  const id = ++lastId;
  return new Promise((resolve) => {
    const abort = new AbortController();
    running.addEventListener(
      'message',
      ({ data }: MessageEvent<ExtractAnswer>) => {
        if (data.id !== id && data.id < lastId) return;
        abort.abort();
        resolve(data.id === id ? data.extraction : null);
      },
      { signal: abort.signal },
    );
    running.addEventListener(
      'error',
      () => {
        abort.abort();
        resolve(extractUrls(text, markup));
      },
      { signal: abort.signal },
    );
    const request: ExtractRequest = { id, text, markup };
    running.postMessage(request);
  });
}
