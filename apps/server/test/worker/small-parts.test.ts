import { describe, expect, it } from 'vitest';
import { mediaTypeOf } from '../../src/worker/media/media-types.ts';
import { listMetadata, metadataOf } from '../../src/worker/media/metadata.ts';
import { parseOutputLine, type VideoInfo } from '../../src/worker/output/output-lines.ts';
import { partsPlans } from '../../src/worker/plan/parts-plan.ts';
import { redact } from '../../src/worker/output/redact.ts';
import { createListing, entryOf } from '../../src/worker/probe/listing.ts';

function video(fields: object): VideoInfo {
  const parsed = parseOutputLine(`n\tvideo\t${JSON.stringify(fields)}\t[]\tNA`, 'n');
  if (parsed?.kind !== 'video') throw new Error('not a video line');
  return parsed.video;
}

describe('types of files', () => {
  it.each(['clip.desktop', 'clip.exe', 'clip.html', 'clip.svg', 'clip.lnk', 'clip.so', 'clip.php'])(
    'do not include %s',
    (name) => expect(mediaTypeOf(name)).toBeNull(),
  );

  it.each(['clip.m3u8', 'clip', '.mp4', 'clip.mp4.part', 'clip.constructor', 'clip.mp4 '])(
    'do not include %j',
    (name) => expect(mediaTypeOf(name)).toBeNull(),
  );

  it('know media by the last extension, whatever its case', () => {
    expect(mediaTypeOf('a.html.MP4')).toEqual({ kind: 'media', contentType: 'video/mp4' });
    expect(mediaTypeOf('a.en.vtt')?.kind).toBe('subtitle');
    expect(mediaTypeOf('a.info.json')?.kind).toBe('info');
  });
});

describe('lines for a log', () => {
  it('have no secrets', () => {
    const line =
      'get https://user:pw1@cdn.example/a.mp4?sig=S1&token=S2#S3 Authorization: Bearer S4';
    const clean = redact(line);
    expect(clean).toBe('get https://cdn.example/a.mp4?… Authorization: …');
    expect(redact('signature=S5; pass: S6')).not.toMatch(/S5|S6/);
  });

  it('are single lines of bounded length without control characters', () => {
    const clean = redact(`a\u001b[31m\nb${'x'.repeat(5_000)}`);
    expect(clean).toMatch(/^a \[31m b/);
    expect(clean.length).toBeLessThanOrEqual(1_001);
  });
});

describe('metadata', () => {
  it('has no invisible or direction-changing characters', () => {
    const { title } = metadataOf(video({ title: 'a\u202egpj.exe\u200b\n b\u0000' }));
    expect(title).toBe('agpj.exe  b');
  });

  it('shortens a title at whole characters', () => {
    const { title } = metadataOf(video({ title: '🎬'.repeat(900) }));
    expect([...(title ?? '')]).toHaveLength(500);
  });

  it("gives the links of a list without yt-dlp's notes", () => {
    const url = 'https://example.com/1#__youtubedl_smuggle=%7B%22a%22%3A+1%7D';
    const listed = video({ url, playlist_index: 1, playlist_count: 7 });
    expect(entryOf(listed, 0).url).toBe('https://example.com/1');
    expect(listMetadata(listed, 1).entry_count).toBe(7);
  });

  it('knows media that a page only numbers by its link, however the page is turned', () => {
    const signed = (name: string, signature: string) =>
      `https://media.example/${name}?v=${name}&expires=17643${signature}&sig=${signature.repeat(5)}`;
    const listed = (name: string, number: number, signature: string) =>
      video({
        ...{ id: `page-${number}`, extractor: 'html5', format_id: '0', playlist_index: number },
        ...{ url: signed(name, signature), webpage_url: 'https://example.com/page' },
      });
    const seen = entryOf(listed('b', 2, '12345'), 1);
    expect(seen.id).toBe('media.example/b?v=b');
    const listing = createListing({ entry_ids: [seen.id ?? ''] });
    listing.add(listed('b', 1, '67890'));
    listing.add(listed('a', 2, '67890'));
    expect(listing.entries).toMatchObject([{ id: seen.id, position: 1 }]);
    expect(listing.missing).toEqual([]);
    const other = { id: 'x-1', extractor: 'site', format_id: '0', url: 'https://media.example/b' };
    expect(entryOf(video(other), 0).id).toBe('x-1');
  });

  it('counts the entries of nested lists one after another', () => {
    const listing = createListing({ max_items: 5 });
    for (const index of [1, 2, 3, 1, 2, 3]) {
      listing.add(video({ url: `https://example.com/${index}`, playlist_index: index }));
    }
    expect(listing.entries.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5]);
    expect(listing).toMatchObject({ isList: true, isCut: false });
  });

  it('names the page and position of an opened entry, not its stream', () => {
    const opened = { format_id: '0', webpage_url: 'https://example.com/page', playlist_index: 3 };
    expect(
      entryOf(video({ ...opened, url: 'https://cdn.example.com/x?expires=1' }), 0),
    ).toMatchObject({
      url: 'https://example.com/page',
      position: 3,
    });
  });

  it('recognises a link that is not a list', () => {
    const listing = createListing({});
    expect(listing.isList).toBeNull();
    listing.add(video({ url: 'https://example.com/1.mp4' }));
    expect(listing.isList).toBe(false);
  });
});

describe('a thumbnail that was missing', () => {
  it('is stored beside the media also when it is embedded', () => {
    const wanted = (options: { write_thumbnail?: boolean }) => {
      const selection = {
        format_preset: 'Smart (best combined)' as const,
        quality: 'best' as const,
        options: { embed_thumbnail: true, ...options },
      };
      return partsPlans(selection, ['thumbnail'], new Set()).embedding?.isThumbnailWritten;
    };
    expect(wanted({ write_thumbnail: true })).toBe(true);
    expect(wanted({})).toBe(false);
  });
});
