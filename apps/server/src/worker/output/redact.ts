const MAX_TEXT_CHARACTERS = 1000;

/**
 * A line for a log: without yt-dlp's plea to report it to its makers, without query or fragment of a URL
 * (signatures, tokens), user name or password in one, values that are named like a secret, and control characters,
 * and not longer than a thousand characters.
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
