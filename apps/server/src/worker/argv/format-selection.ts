import type { AudioCodec, VideoCodec } from '../plan/format-names.ts';
import { SORT_AUDIO_CODECS, SORT_VIDEO_CODECS } from '../plan/format-names.ts';
import type { DownloadPlan } from '../plan/plan.ts';
import type { TaskEngine } from '../task.ts';

/**
 * The value of `--format`. It filters only where nothing else could work. Quality and codec are preferences: a site without
 * them gives its next best format, and the download gets a warning.
 */
export function formatSelector(plan: DownloadPlan, engineKind?: TaskEngine['kind']): string {
  const anySound = selectorOf(plan);
  // Inside every other yt-dlp `engine/audio_languages.py` chooses, and takes several languages.
  if (engineKind !== 'binary') return anySound;
  const filters = plan.audioLanguages.flatMap(languageFilters);
  return [...filters.flatMap((filter) => selectorsOf(plan, filter)), anySound].join('/');
}

/** The tag itself, then the tag with a country or a script. */
function languageFilters(tag: string): string[] {
  const pattern = tag.replace(/[-_]/g, '[-_]');
  return [`[language~='(?i)^${pattern}$']`, `[language~='(?i)^${pattern}[-_]']`];
}

function selectorsOf({ options, isAudioOnly }: DownloadPlan, filter: string): string[] {
  if (options.format_id !== undefined) return [`${options.format_id}+ba${filter}`];
  if (isAudioOnly) return [`ba${filter}`, `b${filter}`];
  const webm = options.container === 'webm' ? [`bv[ext=webm]+ba[ext=webm]${filter}`] : [];
  return [...webm, `bv+ba${filter}`, `b${filter}`];
}

function selectorOf(plan: DownloadPlan): string {
  const { options } = plan;
  if (options.format_id !== undefined) {
    // A format without sound gets the best sound. Without a sound to add, the format is taken as it is.
    return plan.isAudioOnly ? options.format_id : `${options.format_id}+ba/${options.format_id}`;
  }
  if (plan.isAudioOnly) return 'ba/b';
  // Other codecs do not fit into WebM, and encoding them anew takes hours.
  if (options.container === 'webm') return 'bv*[ext=webm]+ba[ext=webm]/b[ext=webm]/bv*+ba/b';
  return 'bv*+ba/b';
}

/**
 * The value of `--format-sort`. yt-dlp compares these fields before its own, so the original language has to be the first:
 * otherwise a dub with better sound would win.
 */
export function formatSort(plan: DownloadPlan): string {
  const { selection, options } = plan;
  const height = selection.quality === 'best' ? null : Number.parseInt(selection.quality, 10);
  const fields = ['lang'];
  if (plan.isAudioOnly) {
    fields.push('quality');
    if (height !== null) fields.push(`res:${height}`);
    fields.push(audioCodecField(options.audio_codec));
    return fields.filter((field) => field !== '').join(',');
  }
  const codec = options.prefer_codec === undefined ? null : videoCodecField(options.prefer_codec);
  if (height === null) {
    // Every size is acceptable, so the requested codec decides first.
    if (codec !== null) fields.push(codec);
    fields.push('quality', 'res');
  } else {
    fields.push(`res:${height}`);
    if (codec !== null) fields.push(codec);
    fields.push('quality');
  }
  fields.push('fps', 'hdr:12', ...playable(plan, codec !== null));
  return fields.join(',');
}

/** Fields that prefer, among formats of equal quality, what most players play. */
function playable({ selection, options }: DownloadPlan, isCodecAsked: boolean): string[] {
  if (options.container === 'webm') return ['ext:webm:webm'];
  const codecs = isCodecAsked
    ? ['channels', 'acodec:aac']
    : ['vcodec:h264', 'channels', 'acodec:aac'];
  const wantsMp4 =
    options.container === 'mp4' ||
    (options.container === undefined && selection.format_preset === 'Video + Audio (muxed)');
  return wantsMp4 ? ['ext:mp4:m4a', ...codecs] : codecs;
}

function videoCodecField(codec: VideoCodec): string {
  return `vcodec:${SORT_VIDEO_CODECS[codec]}`;
}

/** The field that prefers sound in the wanted codec, which is copied instead of encoded a second time. */
function audioCodecField(codec: AudioCodec | undefined): string {
  const name = codec === undefined ? 'aac' : SORT_AUDIO_CODECS[codec];
  return name === null ? '' : `acodec~${name}`;
}
