import type { WarningCode } from './codes.ts';
import type { DownloadOptions, Selection } from './options.ts';
import { areEntriesWanted } from './playlist-items.ts';
import type { ProseCode, ProseValues } from './prose/say.ts';
import type { FormatPreset, Part } from './vocabulary.ts';

/** What a selection amounts to, before anything is known of the media. */
export interface SelectionShape {
  /** Lists entries and opens none: the flat preset, and the first run for a whole playlist. */
  readonly isFlat: boolean;
  /** Neither a listing nor a simulation: there will be a media file. */
  readonly hasMedia: boolean;
  readonly isAudioOnly: boolean;
}

export function shapeOf({ format_preset: preset, options }: Selection): SelectionShape {
  const isFlat = preset === 'Playlist (flat)' || areEntriesWanted(preset, options);
  return {
    isFlat,
    hasMedia: !isFlat && options.simulate !== true,
    isAudioOnly: preset === 'Audio only',
  };
}

/** Where the tick of a yes or no stands in a form, for presets that store media. */
export interface SwitchForm {
  readonly group: 'parts' | 'extent';
  /** Whether it is on when nothing was chosen. */
  readonly isUsual?: (preset: FormatPreset) => boolean;
}

/** Why an option cannot be had together with the others: the code of a sentence, which the page has no use for. */
export interface OptionConflict {
  /** Below the option, such as `/format`; empty for the option itself. */
  readonly path: string;
  readonly code: ProseCode;
  readonly values?: ProseValues;
}

interface OptionRule {
  /** Whether it changes anything beside the rest of the selection. What does not gets the warning OPTION_IGNORED. */
  readonly applies: (selection: Selection, shape: SelectionShape) => boolean;
  /** What of a finished download may be missing for its sake, and be fetched alone. */
  readonly part?: Part;
  /** Whether that part lies in the media file. */
  readonly isInside?: (options: DownloadOptions) => boolean;
  /** Only for what cannot be had whatever the site offers. */
  readonly conflict?: (selection: Selection) => OptionConflict | null;
}

interface SwitchRule extends OptionRule {
  readonly form: SwitchForm;
}

export type OptionName = keyof DownloadOptions;

/** Options that are a yes or no. */
export type SwitchName = {
  [Name in OptionName]-?: Required<DownloadOptions>[Name] extends boolean ? Name : never;
}[OptionName];

const always = () => true;
const hasFilesBeside = (preset: FormatPreset) => preset === 'Subtitle + metadata';

const withMedia = (_selection: Selection, { hasMedia }: SelectionShape) => hasMedia;
const isInWebm = ({ format_preset: preset, options }: Selection) =>
  options.container === 'webm' && preset !== 'Audio only';
const conflictIf = (
  isOne: boolean,
  code: ProseCode,
  rest: Partial<OptionConflict> = {},
): OptionConflict | null => (isOne ? { path: '', code, ...rest } : null);

/** Whether a conversion to it can be better or worse: one without loss cannot. */
export function hasQuality(codec: DownloadOptions['audio_codec']): boolean {
  return codec === 'mp3' || codec === 'm4a' || codec === 'opus';
}

/**
 * What server and page know of each option, in the order of a form. Its arguments for yt-dlp are in the server's
 * `worker/argv/argv-options.ts`, its words in the languages of the page.
 */
export const OPTION_TABLE: Readonly<
  Record<SwitchName, SwitchRule> & Record<Exclude<OptionName, SwitchName>, OptionRule>
> = {
  format_id: { applies: (_selection, { isFlat }) => !isFlat },
  prefer_codec: {
    applies: ({ options }, { isFlat, isAudioOnly }) =>
      !isFlat && !isAudioOnly && options.format_id === undefined,
    conflict: (selection) => {
      const { prefer_codec: codec } = selection.options;
      return conflictIf(
        isInWebm(selection) && (codec === 'h264' || codec === 'h265'),
        'CODEC_NOT_IN_WEBM',
        { values: { codec: codec ?? '' } },
      );
    },
  },
  container: {
    applies: (_selection, { hasMedia, isAudioOnly }) => hasMedia && !isAudioOnly,
  },
  audio_languages: {
    applies: ({ options }, { isFlat, isAudioOnly }) =>
      !isFlat && !(isAudioOnly && options.format_id !== undefined),
  },
  audio_codec: {
    applies: (_selection, { hasMedia, isAudioOnly }) => hasMedia && isAudioOnly,
  },
  audio_quality: {
    applies: ({ options }, { hasMedia, isAudioOnly }) =>
      hasMedia && isAudioOnly && hasQuality(options.audio_codec),
  },
  subtitles: {
    applies: withMedia,
    part: 'subtitles',
    isInside: ({ subtitles }) => subtitles?.embed === true,
    conflict: (selection) => {
      const { subtitles } = selection.options;
      return conflictIf(
        isInWebm(selection) && subtitles?.embed === true && subtitles.format === 'srt',
        'SRT_NOT_IN_WEBM',
        { path: '/format' },
      );
    },
  },
  embed_metadata: {
    applies: withMedia,
    part: 'metadata',
    isInside: always,
    form: { group: 'parts' },
  },
  embed_chapters: {
    applies: ({ options }, { hasMedia }) => hasMedia && options.section === undefined,
    part: 'metadata',
    isInside: always,
    form: { group: 'parts' },
  },
  embed_thumbnail: {
    // No picture can be put into a WAV file.
    applies: ({ options }, { hasMedia, isAudioOnly }) =>
      hasMedia && !(isAudioOnly && options.audio_codec === 'wav'),
    part: 'thumbnail',
    isInside: always,
    conflict: (selection) =>
      conflictIf(
        isInWebm(selection) && selection.options.embed_thumbnail === true,
        'COVER_NOT_IN_WEBM',
      ),
    form: { group: 'parts' },
  },
  write_thumbnail: {
    applies: withMedia,
    part: 'thumbnail',
    form: { group: 'parts', isUsual: hasFilesBeside },
  },
  write_info: {
    applies: withMedia,
    part: 'metadata',
    form: { group: 'parts', isUsual: hasFilesBeside },
  },
  sponsorblock: {
    applies: withMedia,
    part: 'sponsorblock',
    isInside: always,
    conflict: ({ options }) =>
      conflictIf(
        options.section !== undefined && options.sponsorblock !== undefined,
        'SEGMENTS_NOT_IN_SECTION',
      ),
  },
  section: {
    applies: withMedia,
  },
  split_chapters: {
    applies: withMedia,
    conflict: ({ options }) =>
      conflictIf(
        options.section !== undefined && options.split_chapters === true,
        'CHAPTERS_NOT_IN_SECTION',
      ),
    form: { group: 'extent' },
  },
  simulate: {
    applies: (_selection, { isFlat }) => !isFlat,
    form: { group: 'extent' },
  },
  playlist: { applies: always },
  live: { applies: withMedia },
  name_template: {
    applies: withMedia,
  },
  directory: {
    applies: withMedia,
  },
  rate_limit_kbps: {
    applies: withMedia,
  },
  proxy: {
    applies: always,
  },
};

export const OPTION_NAMES = Object.keys(OPTION_TABLE) as OptionName[];
export const SWITCH_NAMES = OPTION_NAMES.filter(isSwitch);

/** The yes or no options of a group, in the order of a form. */
export function switchesOf(group: SwitchForm['group']): SwitchName[] {
  return SWITCH_NAMES.filter((name) => OPTION_TABLE[name].form.group === group);
}

function isSwitch(name: OptionName): name is SwitchName {
  return 'form' in OPTION_TABLE[name];
}

/** What says on a record that a part is missing. */
export const WARNING_OF_PART: Readonly<Record<Part, WarningCode>> = {
  subtitles: 'SUBTITLES_MISSING',
  thumbnail: 'THUMBNAIL_MISSING',
  metadata: 'METADATA_MISSING',
  sponsorblock: 'SPONSORBLOCK_MISSING',
};

/** Options that were given and change nothing, in the order given. What is switched off is not given. */
export function ignoredOptions(selection: Selection): OptionName[] {
  const shape = shapeOf(selection);
  return givenOptions(selection.options).filter(
    (name) => !OPTION_TABLE[name].applies(selection, shape),
  );
}

/** Conflicts between options, by the path of the one that has to give way. */
export function optionConflicts(selection: Selection): OptionConflict[] {
  return OPTION_NAMES.flatMap((name) => {
    const conflict = OPTION_TABLE[name].conflict?.(selection) ?? null;
    return conflict === null ? [] : [{ ...conflict, path: `/options/${name}${conflict.path}` }];
  });
}

/** Whether a part, as these options ask for it, lies in the media file. */
export function isPartInside(part: Part, options: DownloadOptions): boolean {
  return givenOptions(options).some((name) => {
    const rule = OPTION_TABLE[name];
    return rule.part === part && rule.isInside?.(options) === true;
  });
}

function givenOptions(options: DownloadOptions): OptionName[] {
  return (Object.keys(options) as OptionName[]).filter(
    (name) => options[name] !== false && options[name] !== undefined,
  );
}
