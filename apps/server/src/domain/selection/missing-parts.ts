import {
  isPartInside,
  KEPT_INCOMPLETE,
  mayBeKeptIncomplete,
  PARTS,
  say,
  WARNING_OF_PART,
  type Download,
  type DownloadWarning,
  type Part,
  type RetryDownload,
  type Said,
} from '@artemis/contracts';
import { RequestError } from '../errors.ts';

/**
 * Those of the parts asked for that a stored download really lacks; never none.
 * @throws {RequestError} VALIDATION_FAILED, NOT_RETRYABLE
 */
export function missingParts(download: Download, request: RetryDownload): Part[] {
  const { parts = [], ...selection } = request;
  const [other] = Object.keys(selection);
  if (other !== undefined) {
    throw new RequestError('VALIDATION_FAILED', `parts cannot be given together with ${other}.`, {
      details: [{ path: '/parts', ...say('CANNOT_GO_WITH', { other }) }],
    });
  }
  if (download.status !== 'completed') {
    throw notRetryable(say('ONLY_PARTS_OF_COMPLETED', { status: download.status }));
  }
  if (download.storage_path === null) {
    throw notRetryable(say('FILE_NOT_KEPT'));
  }
  const missing = parts.filter((part) => isMissing(download, part));
  if (missing.length === 0) {
    throw notRetryable(say('NOTHING_MISSING', { parts: parts.join(', ') }));
  }
  return missing;
}

/**
 * Whether a person keeps what there is of a download that failed, and may.
 * @throws {RequestError} VALIDATION_FAILED, NOT_RETRYABLE
 */
export function isWhatIsThereWanted(download: Download, request: RetryDownload): boolean {
  if (request.accept_incomplete === undefined) return false;
  const other = Object.keys(request).find((key) => key !== 'accept_incomplete');
  if (other !== undefined) {
    const said = say('CANNOT_GO_WITH', { other });
    throw new RequestError('VALIDATION_FAILED', `accept_incomplete ${said.message}.`, {
      details: [{ path: '/accept_incomplete', ...said }],
    });
  }
  if (mayBeKeptIncomplete(download)) return true;
  throw notRetryable(
    `Only what failed as ${KEPT_INCOMPLETE.join(' or ')} can be kept as it is; this download is ${download.error?.code ?? download.status}.`,
  );
}

/** For the log. */
export function retryWords({ accept_incomplete: isKept, retry_parts: parts }: Download): Said {
  if (isKept === true) return say('KEEPING_WHAT_IS_THERE');
  return parts.length === 0
    ? say('QUEUED_AGAIN')
    : say('FETCHING_PARTS', { parts: parts.join(', ') });
}

/** Why a completed download is not run again as a whole. */
export function refuseWholeRetry(download: Download): RequestError {
  const missing = PARTS.filter((part) => isMissing(download, part));
  const { status } = download;
  return notRetryable(
    missing.length === 0
      ? say('NOT_RETRIED_AS_WHOLE', { status })
      : say('NOT_RETRIED_BUT_PARTS', { status, parts: missing.join(', ') }),
  );
}

function isMissing({ warnings }: Download, part: Part): boolean {
  return warnings.some(({ code }) => code === WARNING_OF_PART[part]);
}

/** Whether the parts that are fetched go into the media file, so that a copy of it is needed. */
export function needsMedia({ retry_parts: parts, options }: Download): boolean {
  return parts.some((part) => isPartInside(part, options));
}

/** The warnings of a download after its parts were tried again: those of other things, and what is still missing. */
export function warningsAfter(
  { warnings, retry_parts: parts }: Download,
  stillMissing: readonly DownloadWarning[],
): Download['warnings'] {
  const known = new Set(warnings.map(({ code }) => code));
  const tried = new Set(parts.map((part) => WARNING_OF_PART[part]));
  return [
    ...warnings.filter(({ code }) => !tried.has(code)),
    ...stillMissing.filter(({ code }) => tried.has(code) || !known.has(code)),
  ];
}

function notRetryable(detail: string | Said): RequestError {
  return new RequestError('NOT_RETRYABLE', detail);
}
