/**
 * What ffmpeg said about its sources while it did the download itself. Its exit status does not help: ffmpeg also succeeds
 * after it has lost a source.
 */
export interface FfmpegAccount {
  readonly inputs: readonly FfmpegInput[];
  /** The reading of a source ended with an error. */
  readonly isInputLost: boolean;
  /** A response had fewer bytes than it promised; ffmpeg may have fetched the rest since. */
  readonly isAnswerShort: boolean;
}

export interface FfmpegInput {
  /** Duration of the source; null when ffmpeg does not know it, or guesses it from the bitrate. */
  readonly seconds: number | null;
  /** The source has an index of its packets, so that ffmpeg reports a missing one as a read error. */
  readonly isIndexed: boolean;
}

const LOST_INPUT = [
  // ffmpeg before 6.0 prints the words of the C library.
  /^https?:\/\/\S+: (Input\/output error|Connection (reset|timed out|refused|aborted)|Operation timed out|Broken pipe|Network is unreachable|No route to host|Software caused)/,
  /^\[in#\d+[^\]]*\] Error (during demuxing|retrieving a packet from demuxer): (?!End of file|Immediate exit)/,
  /^\[\S+ @ \w+\] stream \d+, offset 0x[0-9a-f]+: partial file$/,
];

export interface FfmpegListener {
  take(line: string): void;
  account(): FfmpegAccount;
}

export function createFfmpegListener(): FfmpegListener {
  const inputs: FfmpegInput[] = [];
  let isInputLost = false;
  let isAnswerShort = false;
  let isGuess = false;

  return {
    take(line) {
      if (line.includes('Estimating duration from bitrate')) isGuess = true;
      else if (line.includes('Stream ends prematurely at ')) isAnswerShort = true;
      else if (LOST_INPUT.some((pattern) => pattern.test(line))) isInputLost = true;
      // Inputs in the work folder are not sources: yt-dlp or the engine has fetched them.
      const format = /^Input #\d+, (\S+), from 'https?:/.exec(line)?.[1];
      if (format !== undefined) {
        inputs.push({ seconds: null, isIndexed: format.startsWith('mov,') });
        return;
      }
      const time = /^ {2}Duration: (\d+):(\d\d):(\d\d\.\d+), /.exec(line);
      const last = inputs.at(-1);
      if (time === null || last === undefined || last.seconds !== null) return;
      const [hours = 0, minutes = 0, seconds = 0] = time.slice(1).map(Number);
      if (!isGuess)
        inputs[inputs.length - 1] = { ...last, seconds: hours * 3600 + minutes * 60 + seconds };
      isGuess = false;
    },
    account: () => ({ inputs: [...inputs], isInputLost, isAnswerShort }),
  };
}

/**
 * Whether bytes of a source are missing. In a segmented stream a short response leaves a hole, because ffmpeg continues with
 * the next segment. Of a single file, ffmpeg may fetch the rest.
 */
export function isSourceLost(
  { isInputLost, isAnswerShort }: FfmpegAccount,
  isInSegments: boolean,
): boolean {
  return isInputLost || (isAnswerShort && isInSegments);
}
