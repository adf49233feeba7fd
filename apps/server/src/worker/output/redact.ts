const MAX_TEXT_CHARACTERS = 1000;

/**
 * Makes a line fit for the log, at most 1,000 characters long. Removes: yt-dlp's request to report a bug; user name, password,
 * query and fragment of URLs (signatures, tokens); values whose name sounds like a secret; control characters.
 */
export function redact(text: string): string {
  const clean = text
    .replace(/;? *(please report this issue on|If you believe this is an error).*/s, '')
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]*@/gi, '$1')
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s?#'"<>]*)[?#][^\s'"<>]*/gi, '$1?…')
    .replace(/\b(authorization|cookie|set-cookie)(\s*[:=]\s*).*/gi, '$1$2…')
    .replace(
      /\b(token|sig|signature|key|auth|pass|passwd|password|secret|session)(\s*[=:]\s*)[^\s&,;'"]+/gi,
      '$1$2…',
    )
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
  return clean.length > MAX_TEXT_CHARACTERS ? `${clean.slice(0, MAX_TEXT_CHARACTERS)}…` : clean;
}
