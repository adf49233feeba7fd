import { WARNINGS, type DownloadWarning, type WarningCode } from '@artemis/contracts';

/** `detail`: figures and names, without words, so that a page in any language can show it. */
export function detailed(code: WarningCode, detail: string): DownloadWarning {
  return { code, message: `${WARNINGS[code].replace(/\.$/, '')} (${detail}).`, detail };
}
