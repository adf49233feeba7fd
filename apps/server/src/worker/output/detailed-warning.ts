import { WARNINGS, type DownloadWarning, type WarningCode } from '@artemis/contracts';

/** `detail` holds figures and names but no words, so that the page can show it in every language. */
export function detailed(code: WarningCode, detail: string): DownloadWarning {
  return { code, message: `${WARNINGS[code].replace(/\.$/, '')} (${detail}).`, detail };
}
