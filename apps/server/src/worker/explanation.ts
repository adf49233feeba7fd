import {
  areEntriesWanted,
  type Explanation,
  type ExplanationCode,
  type Selection,
} from '@artemis/contracts';
import { compileArgv, type ArgvContext } from './argv/argv.ts';
import { ignoredByPlan } from './outcome/ignored-options.ts';
import { asSingle, planOf, type DownloadPlan } from './plan/plan.ts';
import { NONCE_NAME, typed } from './output/typed-words.ts';

/** Stands for the link; its scheme is that of nearly every link. */
const PLACEHOLDER_URL = 'https://link';
const CONVERTED_CODECS = new Set(['mp3', 'flac', 'wav']);

export interface ExplainInput {
  readonly selection: Selection;
  /** Null: no engine is there; then what a current one would get. */
  readonly engine: ArgvContext['engine'] | null;
  readonly isProxyForAll: boolean;
}

/** The first run of a download with this selection, from the table that runs it. Reads and starts nothing. */
export function explainSelection({
  selection,
  engine,
  isProxyForAll,
}: ExplainInput): Pick<Explanation, 'argv' | 'warnings'> {
  const isListedFirst = areEntriesWanted(selection.format_preset, selection.options);
  const plan = planOf(isListedFirst ? asSingle(selection) : selection);
  const parts = compileArgv({
    url: PLACEHOLDER_URL,
    plan,
    nonce: NONCE_NAME,
    engine: engine ?? { ytDlpVersion: '9999.01.01', jsRuntime: null },
    isProxyForAll,
    isTlsVerifiedByFfmpeg: true,
  });
  return {
    argv: parts.map(({ argument, meaning }) => ({ argument: typed(argument), meaning })),
    warnings: [
      ...(isListedFirst
        ? [
            warning(
              'LISTED_FIRST',
              'The list is read first; each of its entries is then downloaded like this.',
            ),
          ]
        : []),
      ...warningsOf(plan),
      ...(engine === null
        ? [warning('ENGINE_MISSING', 'No yt-dlp is running here; a current one would get this.')]
        : []),
    ],
  };
}

function warningsOf(plan: DownloadPlan): Explanation['warnings'] {
  const { options } = plan;
  const warnings = ignoredByPlan(plan).map((name) =>
    warning('OPTION_IGNORED', `${name} changes nothing with these choices.`),
  );
  if (plan.section !== null && options.subtitles?.embed === true) {
    warnings.push(
      warning(
        'OPTION_IGNORED',
        'subtitles.embed changes nothing with a section: they are cut to it and lie beside the media.',
      ),
    );
  }
  if (plan.section?.isPrecise === true) {
    warnings.push(
      warning('ENCODES_ANEW', 'Exact cuts are encoded anew, which takes much longer than a copy.'),
    );
  }
  if (plan.hasMedia && plan.isAudioOnly && CONVERTED_CODECS.has(options.audio_codec ?? '')) {
    warnings.push(
      warning(
        'ENCODES_ANEW',
        `Sound is converted to ${options.audio_codec} where a site lacks it.`,
      ),
    );
  }
  if (plan.sponsorblock !== null) {
    warnings.push(
      warning(
        'THIRD_PARTY',
        'The segments are asked for at sponsor.ajay.app, which is no part of the site.',
      ),
    );
  }
  if (plan.hasMedia && options.rate_limit_kbps !== undefined) {
    warnings.push(
      warning(
        'ONE_FRAGMENT_AT_A_TIME',
        'With a limit of speed, fragments are fetched one at a time.',
      ),
    );
  }
  return warnings;
}

function warning(code: ExplanationCode, message: string): Explanation['warnings'][number] {
  return { code, message };
}
