import type { Download } from '@artemis/contracts';
import type { FileName } from './ports.ts';

/** Where a download is stored: its folder, and its own id as the name, which no site can influence. */
export function fileNameOf(download: Download): FileName {
  return {
    directory: (download.options.directory ?? '').normalize('NFC'),
    base: download.id,
  };
}
