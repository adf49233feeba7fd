/** What ffmpeg has said of the sources of a download that it made itself; it ends well whatever happened to them. */
export interface FfmpegAccount {
  readonly inputs: readonly FfmpegInput[];
  /** The reading of a source ended with an error. */
  readonly isInputLost: boolean;
  /** An answer had fewer bytes than it promised, which may have been read again since. */
  readonly isAnswerShort: boolean;
}

export interface FfmpegInput {
  /** How long the source is; null when that is not known, or guessed from its bitrate. */
  readonly seconds: number | null;
  /** Its index tells where each packet lies, so that a missing one is an error of reading. */
  readonly isIndexed: boolean;
}

const LOST_INPUT = [
  // Until ffmpeg 6.0; the words are those of the C library.
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
      // What lies in the job folder has come by other ways.
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
 * Whether bytes of a source are missing. Of a stream in segments a short answer is a hole, since ffmpeg goes on with the
 * next one; a file may be read again from there.
 */
export function isSourceLost(
  { isInputLost, isAnswerShort }: FfmpegAccount,
  isInSegments: boolean,
): boolean {
  return isInputLost || (isAnswerShort && isInSegments);
}
