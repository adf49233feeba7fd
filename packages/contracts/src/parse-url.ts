/**
 * The URL, or null when the text is not one. Never use `URL.canParse`: once optimised, that of Node 20.20 refuses every text
 * with a Latin-1 letter outside ASCII, such as `https://bücher.example/`.
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
