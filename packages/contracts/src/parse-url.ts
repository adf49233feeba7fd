/**
 * The URL, or null when the text is none. Never `URL.canParse`: once it is hot, that of Node 20.20 refuses every text with a
 * letter of Latin-1 outside ASCII, such as `https://bücher.example/`.
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
