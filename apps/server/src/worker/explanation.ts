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

/** Replaces the link. It is https, like nearly every link, because the command line depends on the scheme. */
const PLACEHOLDER_URL = 'https://link';
const CONVERTED_CODECS = new Set(['mp3', 'flac', 'wav']);

export interface ExplainInput {
  readonly selection: Selection;
  /** Null: there is no engine; the explanation then assumes a current one. */
  readonly engine: ArgvContext['engine'] | null;
  readonly isProxyForAll: boolean;
}

/** Explains the first run of a download with this selection, from the table that also builds the real command line. */
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
    argv: parts.map(({ argument, meaning: { message, ...said } }) => ({
      argument: typed(argument),
      meaning: message,
      ...said,
    })),
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
    warning('OPTION_IGNORED', `${name} changes nothing with these choices.`, name),
  );
  if (plan.section !== null && options.subtitles?.embed === true) {
    warnings.push(
      warning(
        'OPTION_IGNORED',
        'subtitles.embed changes nothing with a section: its subtitles are cut and stay beside the media.',
        'subtitles.embed',
      ),
    );
  }
  if (plan.section?.isPrecise === true) {
    warnings.push(
      warning('ENCODES_ANEW', 'Exact cuts need encoding, which takes much longer than copying.'),
    );
  }
  if (plan.hasMedia && plan.isAudioOnly && CONVERTED_CODECS.has(options.audio_codec ?? '')) {
    warnings.push(
      warning(
        'ENCODES_ANEW',
        `Sound is converted to ${options.audio_codec} when the site does not offer it.`,
      ),
    );
  }
  if (plan.sponsorblock !== null) {
    warnings.push(
      warning(
        'THIRD_PARTY',
        'The segments come from sponsor.ajay.app, a service that does not belong to the site.',
      ),
    );
  }
  if (plan.hasMedia && options.rate_limit_kbps !== undefined) {
    warnings.push(
      warning(
        'ONE_FRAGMENT_AT_A_TIME',
        'With a speed limit, fragments are downloaded one at a time.',
      ),
    );
  }
  return warnings;
}

function warning(
  code: ExplanationCode,
  message: string,
  detail?: string,
): Explanation['warnings'][number] {
  return detail === undefined ? { code, message } : { code, message, detail };
}
