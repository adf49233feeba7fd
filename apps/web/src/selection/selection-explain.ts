import type { DownloadOptions as Options, Selection } from '@artemis/contracts';
import { SWITCH_NAMES } from '@artemis/contracts/rules';
import type { Dictionary } from '../text/words.ts';
import type { Formatter } from '../format/format.ts';
import { takesAudioCodec, takesQuality, takesSound } from './selection.ts';
import { switchWords } from './switch-words.ts';

export interface SelectionExplanation {
  readonly sentences: readonly string[];
  readonly warnings: readonly string[];
}

/** What a selection asks for, in plain sentences. The exact arguments are the server's to tell. */
export function explainSelection(
  selection: Selection,
  t: Dictionary,
  format: Formatter,
): SelectionExplanation {
  const { format_preset: kind, options } = selection;
  const kinds: Readonly<Record<Selection['format_preset'], string>> = {
    'Smart (best combined)': t.explainSmart,
    'Video + Audio (muxed)': t.explainMuxed,
    'Audio only': t.explainAudio,
    'Subtitle + metadata': t.explainSubtitles,
    'Playlist (flat)': t.explainPlaylist,
  };
  const sentences = [kinds[kind]];
  if (takesQuality(kind)) sentences.push(...pictureSentences(selection, t));
  if (takesAudioCodec(kind)) sentences.push(...soundSentences(options, t));
  if (takesSound(kind)) {
    sentences.push(
      ...languageSentences(selection, t),
      ...partSentences(options, t),
      ...extentSentences(options, t),
      ...placeSentences(options, t, format),
    );
  }
  if (options.proxy) sentences.push(t.explainProxy({ proxy: options.proxy }));
  const warnings: string[] = [];
  if (takesQuality(kind) && options.container === 'mkv') warnings.push(t.warnMkv);
  if (takesQuality(kind) && options.prefer_codec === 'av1') warnings.push(t.warnAv1);
  return { sentences, warnings };
}

function pictureSentences({ quality, options }: Selection, t: Dictionary): string[] {
  return [
    ...(quality === 'best' ? [] : [t.explainQuality({ height: quality })]),
    ...(options.prefer_codec ? [t.explainCodec({ codec: options.prefer_codec })] : []),
    ...(options.container ? [t.explainContainer({ container: options.container })] : []),
  ];
}

function soundSentences({ audio_codec: codec, audio_quality: quality }: Options, t: Dictionary) {
  if (!codec) return [];
  return [
    t.explainAudioCodec({ codec }),
    ...(quality === undefined ? [] : [t.explainAudioQuality({ quality })]),
  ];
}

function languageSentences({ format_preset: kind, options }: Selection, t: Dictionary): string[] {
  const languages = options.audio_languages?.join(', ') ?? '';
  if (languages === '') return [];
  return [
    takesAudioCodec(kind) ? t.explainOneLanguage({ languages }) : t.explainLanguages({ languages }),
  ];
}

/** Subtitles, what is written into the file, and what lies beside it. */
function partSentences(options: Options, t: Dictionary): string[] {
  const { subtitles, sponsorblock } = options;
  const inside = namesOf(t, {
    metadata: options.embed_metadata,
    chapters: options.embed_chapters,
    thumbnail: options.embed_thumbnail,
  });
  const beside = { thumbnail: options.write_thumbnail, info: options.write_info };
  const kept = namesOf(t, beside);
  const left = namesOf(t, {
    thumbnail: beside.thumbnail === false,
    info: beside.info === false,
  });
  return [
    ...(subtitles
      ? [
          subtitles.embed
            ? t.explainSubsInside({ languages: subtitles.languages.join(', ') })
            : t.explainSubs({
                languages: subtitles.languages.join(', '),
                kind: (subtitles.format ?? 'vtt').toUpperCase(),
              }),
        ]
      : []),
    ...(subtitles?.auto ? [t.explainCaptions] : []),
    ...(inside === '' ? [] : [t.explainInside({ parts: inside })]),
    ...(kept === '' ? [] : [t.explainBeside({ parts: kept })]),
    ...(left === '' ? [] : [t.explainLeftOut({ parts: left })]),
    ...(sponsorblock
      ? [sponsorblock.mode === 'remove' ? t.explainSponsor : t.explainSponsorMark]
      : []),
  ];
}

function namesOf(
  t: Dictionary,
  parts: Readonly<Partial<Record<keyof Dictionary['explainParts'], boolean | undefined>>>,
): string {
  return (['metadata', 'chapters', 'thumbnail', 'info'] as const)
    .filter((name) => parts[name] === true)
    .map((name) => t.explainParts[name])
    .join(', ');
}

/** What is on and is not told in a list of others. */
function switchSentences(options: Options, t: Dictionary): string[] {
  const { says } = switchWords(t);
  return SWITCH_NAMES.flatMap((name) => (options[name] === true ? (says[name] ?? []) : []));
}

/** How much is taken of a video, of a list, and of what is live. */
function extentSentences(options: Options, t: Dictionary): string[] {
  const { section, playlist, live } = options;
  const sentences = switchSentences(options, t);
  if (section) {
    const [start, end] = [String(section.start), String(section.end)];
    sentences.push(
      section.precise ? t.explainSectionExact({ start, end }) : t.explainSection({ start, end }),
    );
  }
  if (playlist?.mode === 'all') sentences.push(t.explainListAll);
  if (playlist?.mode === 'select') {
    const { items = '', entry_ids: ids } = playlist;
    sentences.push(
      ids ? t.explainListChosen({ count: ids.length }) : t.explainListItems({ items }),
    );
  }
  if (playlist?.max_items) sentences.push(t.explainListMost({ count: playlist.max_items }));
  if (playlist?.skip_downloaded) sentences.push(t.explainListNew);
  if (live?.from_start) sentences.push(t.explainLiveStart);
  if (live?.max_seconds) sentences.push(t.explainLiveMost({ minutes: live.max_seconds / 60 }));
  return sentences;
}

function placeSentences(options: Options, t: Dictionary, format: Formatter): string[] {
  return [
    ...(options.directory ? [t.explainFolder({ folder: `downloads/${options.directory}` })] : []),
    ...(options.rate_limit_kbps
      ? [t.explainRate({ rate: format.rate(options.rate_limit_kbps * 1024) })]
      : []),
  ];
}
