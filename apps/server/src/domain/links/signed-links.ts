import { createHmac, timingSafeEqual } from 'node:crypto';

export interface FileLink {
  readonly downloadId: string;
  /** Position in `artifacts`; null is the media itself. */
  readonly artifact: number | null;
  readonly isInline: boolean;
  /** Epoch seconds. */
  readonly expires: number;
}

/** Links to stored files that nobody can make up or change, and that end. */
export interface SignedLinks {
  /** Query string without `?`. */
  sign(link: FileLink): string;
  isValid(link: FileLink, signature: string): boolean;
}

export function createSignedLinks(secret: Buffer): SignedLinks {
  function digest(link: FileLink): string {
    const text = ['v1', link.downloadId, link.artifact ?? '', link.isInline, link.expires].join(
      '\n',
    );
    return createHmac('sha256', secret).update(text).digest('base64url');
  }

  return {
    sign(link) {
      const query = new URLSearchParams({
        expires: String(link.expires),
        signature: digest(link),
      });
      if (link.artifact !== null) query.set('artifact', String(link.artifact));
      if (link.isInline) query.set('inline', '1');
      return query.toString();
    },
    isValid(link, signature) {
      // The text is compared: several texts decode to the same bytes.
      const expected = Buffer.from(digest(link));
      const given = Buffer.from(signature);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
