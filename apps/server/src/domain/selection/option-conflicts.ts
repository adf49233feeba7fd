import type { DownloadOptions, FormatPreset, ProblemDetail } from '@artemis/contracts';

/**
 * Options that cannot both be had, whatever the site offers. What merely changes nothing with the others is no conflict:
 * an explanation warns of it, so that a preset may hold more than one download needs.
 */
export function optionConflicts(options: DownloadOptions, preset: FormatPreset): ProblemDetail[] {
  const { section, container, subtitles, prefer_codec: codec } = options;
  const conflicts: ProblemDetail[] = [];
  if (section !== undefined && options.split_chapters === true) {
    conflicts.push({
      path: '/options/split_chapters',
      message: 'cannot be used together with section, which has no whole chapters',
    });
  }
  if (section !== undefined && options.sponsorblock !== undefined) {
    conflicts.push({
      path: '/options/sponsorblock',
      message: 'cannot be used together with section: its segments are those of the whole video',
    });
  }
  if (container !== 'webm' || preset === 'Audio only') return conflicts;
  if (codec === 'h264' || codec === 'h265') {
    conflicts.push({
      path: '/options/prefer_codec',
      message: `cannot be ${codec} in webm; choose mp4 or mkv as container`,
    });
  }
  if (options.embed_thumbnail === true) {
    conflicts.push({
      path: '/options/embed_thumbnail',
      message: 'is not possible in webm; choose mp4 or mkv as container',
    });
  }
  if (subtitles?.embed === true && subtitles.format === 'srt') {
    conflicts.push({
      path: '/options/subtitles/format',
      message: 'cannot be srt inside webm; choose vtt, or mp4 or mkv as container',
    });
  }
  return conflicts;
}
