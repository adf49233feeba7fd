/**
 * What the test origin serves, as ffmpeg command lines. A recipe runs in a folder of its own, so every path in it is
 * relative. The text of this file is part of the cache key: change a recipe and the media are made anew.
 */

export const clipSeconds = 8;
export const segmentSeconds = 2;
export const liveSegmentSeconds = 1;
export const liveSegmentCount = 8;
/** Of the streams in `many/`: small, so that a test of how they are put together takes a second. */
export const manySegments = 60;
export const encryptionIv = '0x000102030405060708090a0b0c0d0e0f';

const picture = (height: number) =>
  `testsrc2=size=${Math.round((height * 16) / 9 / 2) * 2}x${height}:rate=25:duration=${clipSeconds}`;
const tone = (hertz: number) => `sine=frequency=${hertz}:sample_rate=44100:duration=${clipSeconds}`;
const h264 = '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -keyint_min 25 -sc_threshold 0';
const aac = '-c:a aac -b:a 64k';

const mp4 = (height: number, crf: number) =>
  `-f lavfi -i ${picture(height)} -f lavfi -i ${tone(440)} ${h264} -crf ${crf} ${aac} clip-${height}.mp4`;
const hlsOptions = (seconds: number) =>
  `-f hls -hls_time ${seconds} -hls_playlist_type vod -hls_segment_type mpegts`;

const manyOptions = `-f hls -hls_time 1 -hls_playlist_type vod`;

/** In order: later ones read what earlier ones wrote. */
export const recipes: readonly string[] = [
  `-f lavfi -i testsrc=size=256x144:rate=10:duration=2 -f lavfi -i sine=duration=2 ${h264} -crf 40 ${aac} -t 2 tiny.mp4`,
  mp4(360, 32),
  mp4(720, 38),
  mp4(1080, 42),
  '-i clip-360.mp4 -c copy -movflags +faststart faststart.mp4',
  '-i clip-360.mp4 -f ffmetadata -i chapters.txt -map 0 -map_metadata 1 -map_chapters 1 -c copy chapters.mp4',
  // Small, because libvpx takes longer for this clip than all other encoders together.
  '-i clip-360.mp4 -vf fps=10,scale=320:-2 -c:v libvpx -deadline realtime -cpu-used 8 -b:v 150k -c:a libopus -b:a 48k clip.webm',
  '-i clip-360.mp4 -vn -c copy audio.m4a',
  '-i clip-360.mp4 -vn -c:a libmp3lame -b:a 64k audio.mp3',
  '-ss 2 -i clip-360.mp4 -frames:v 1 thumbnail.jpg',
  // Two qualities without sound, two languages of sound: the shape that needs a merge.
  `-i clip-360.mp4 -an -c copy ${hlsOptions(segmentSeconds)} -hls_segment_filename hls/v360-%02d.ts hls/v360.m3u8`,
  `-i clip-720.mp4 -an -c copy ${hlsOptions(segmentSeconds)} -hls_segment_filename hls/v720-%02d.ts hls/v720.m3u8`,
  `-i clip-360.mp4 -vn -c copy ${hlsOptions(segmentSeconds)} -hls_segment_filename hls/en-%02d.ts hls/en.m3u8`,
  `-f lavfi -i ${tone(660)} ${aac} ${hlsOptions(segmentSeconds)} -hls_segment_filename hls/de-%02d.ts hls/de.m3u8`,
  `-i clip-360.mp4 -c copy ${hlsOptions(segmentSeconds)} -hls_key_info_file hls-aes/key-info.txt ` +
    `-hls_segment_filename hls-aes/segment-%02d.ts hls-aes/index.m3u8`,
  `-i clip-360.mp4 -c copy ${hlsOptions(liveSegmentSeconds)} -hls_segment_filename live/segment-%02d.ts live/index.m3u8`,
  ...[360, 720].map(
    (height) =>
      `-i clip-${height}.mp4 -c copy -f hls -hls_time ${segmentSeconds} -hls_playlist_type vod -hls_segment_type fmp4 ` +
      `-hls_fmp4_init_filename init-${height}.mp4 -hls_segment_filename hls-init/${height}-%02d.m4s hls-init/${height}.m3u8`,
  ),
  '-i clip-360.mp4 -i clip-720.mp4 -map 0:v -map 1:v -map 0:a -c copy -f dash ' +
    `-seg_duration ${segmentSeconds} -use_template 1 -use_timeline 0 dash/manifest.mpd`,
  `-f lavfi -i testsrc2=size=64x36:rate=5:duration=${manySegments} ` +
    `-f lavfi -i sine=frequency=440:sample_rate=8000:duration=${manySegments} ` +
    '-c:v libx264 -preset ultrafast -pix_fmt yuv420p -crf 45 -g 5 -keyint_min 5 -sc_threshold 0 -bf 0 ' +
    '-c:a aac -b:a 8k many/clip.mp4',
  `-i many/clip.mp4 -c copy ${manyOptions} -hls_segment_filename many/ts/segment-%02d.ts many/ts/index.m3u8`,
  `-i many/clip.mp4 -c copy ${manyOptions} -hls_segment_type fmp4 ` +
    '-hls_segment_filename many/fmp4/segment-%02d.m4s many/fmp4/index.m3u8',
  `-i many/clip.mp4 -c copy ${manyOptions} -hls_flags single_file ` +
    '-hls_segment_filename many/ranges/all.ts many/ranges/index.m3u8',
  '-i many/clip.mp4 -map 0:v -map 0:a -c copy -f dash -seg_duration 1 -use_template 1 -use_timeline 1 many/dash/manifest.mpd',
  // One of each container, and the odd kinds of it.
  '-i clip-360.mp4 -c copy kinds/clip.ts',
  '-i clip-360.mp4 -c copy kinds/clip.mkv',
  '-i clip-360.mp4 -c copy -f matroska -seekable 0 file:kinds/piped.mkv',
  '-i clip-360.mp4 -c copy -movflags frag_keyframe+empty_moov kinds/fragments.mp4',
  '-i clip-360.mp4 -f ffmetadata -i late-chapters.txt -map 0 -map_chapters 1 -c copy kinds/late-chapters.mp4',
  '-i clip-360.mp4 -c:v mpeg4 -b:v 200k -c:a libmp3lame kinds/clip.avi',
  '-i clip-360.mp4 -c:v mpeg4 -b:v 200k -c:a libmp3lame -f avi -seekable 0 file:kinds/piped.avi',
  '-i clip-360.mp4 -c:v flv1 -b:v 200k -c:a libmp3lame kinds/clip.flv',
  '-i clip-360.mp4 -c:v wmv2 -b:v 200k -c:a wmav2 kinds/clip.wmv',
  '-i clip-360.mp4 -c:v mpeg2video -b:v 300k -c:a mp2 kinds/clip.mpg',
  '-i clip-360.mp4 -r 10 -c:v libtheora -b:v 200k -c:a libvorbis kinds/clip.ogv',
  '-i clip-360.mp4 -vn -c copy kinds/audio.aac',
  '-i clip-360.mp4 -vn kinds/audio.flac',
  '-i clip-360.mp4 -vn kinds/audio.wav',
  '-i clip-360.mp4 -vn -c:a libopus kinds/audio.opus',
  // Silence first and no count of frames: half of it is guessed to be twice as long.
  '-f lavfi -i aevalsrc=if(lt(t\\,4)\\,0\\,0.3*random(0)):s=22050:d=16 -c:a libmp3lame -q:a 2 -write_xing 0 -id3v2_version 0 kinds/guessed.mp3',
];

const cues = (lines: readonly string[]) =>
  'WEBVTT\n\n' +
  lines
    .map((line, index) => `00:00:0${index * 2}.000 --> 00:00:0${index * 2 + 1}.500\n${line}\n`)
    .join('\n');

const english = ['One.', 'Two.', 'Three.', 'Four.'];
const german = ['Eins.', 'Zwei.', 'Drei.', 'Vier.'];

const subtitlePlaylist = (file: string) => `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:${clipSeconds}
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:${clipSeconds}.0,
${file}
#EXT-X-ENDLIST
`;

/** A film of 360 lines with a break in its middle, after which another description of the stream stands. */
const brokenPlaylist = (inBreak: readonly string[]) =>
  [
    ...['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${segmentSeconds}`],
    ...['#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-MAP:URI="init-360.mp4"'],
    ...[0, 1].flatMap((n) => [`#EXTINF:${segmentSeconds}.0,`, `360-0${n}.m4s`]),
    ...inBreak,
    ...['#EXT-X-DISCONTINUITY', '#EXT-X-MAP:URI="init-360.mp4"'],
    ...[2, 3].flatMap((n) => [`#EXTINF:${segmentSeconds}.0,`, `360-0${n}.m4s`]),
    ...['#EXT-X-ENDLIST', ''],
  ].join('\n');

/** Files that need no ffmpeg; written before the recipes run. */
export const textFiles: Readonly<Record<string, string>> = {
  'chapters.txt': `;FFMETADATA1
title=A clip with chapters
artist=Test origin
[CHAPTER]
TIMEBASE=1/1
START=0
END=3
title=Beginning
[CHAPTER]
TIMEBASE=1/1
START=3
END=6
title=Middle
[CHAPTER]
TIMEBASE=1/1
START=6
END=${clipSeconds}
title=End
`,
  'late-chapters.txt': `;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1
START=0
END=4
title=Here
[CHAPTER]
TIMEBASE=1/1
START=4
END=30
title=Longer than the clip
`,
  'subtitles.en.vtt': cues(english),
  'subtitles.de.vtt': cues(german),
  'subtitles.en.srt': english
    .map((line, n) => `${n + 1}\n00:00:0${n * 2},000 --> 00:00:0${n * 2 + 1},500\n${line}\n`)
    .join('\n'),
  'hls/subtitles.en.vtt': cues(english),
  'hls/subtitles.de.vtt': cues(german),
  'hls/subtitles.en.m3u8': subtitlePlaylist('subtitles.en.vtt'),
  'hls/subtitles.de.m3u8': subtitlePlaylist('subtitles.de.vtt'),
  'hls/master.m3u8': `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,URI="de.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,URI="subtitles.en.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="Deutsch",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,URI="subtitles.de.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=400000,RESOLUTION=640x360,FRAME-RATE=25,CODECS="avc1.42c01e,mp4a.40.2",AUDIO="sound",SUBTITLES="text"
v360.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=1280x720,FRAME-RATE=25,CODECS="avc1.42c01f,mp4a.40.2",AUDIO="sound",SUBTITLES="text"
v720.m3u8
`,
  'hls-init/same.m3u8': brokenPlaylist([]),
  'hls-init/other.m3u8': brokenPlaylist([
    ...['#EXT-X-DISCONTINUITY', '#EXT-X-MAP:URI="init-720.mp4"'],
    ...[`#EXTINF:${segmentSeconds}.0,`, '720-00.m4s'],
  ]),
  // Sixteen fixed bytes, and the address that the playlist names: relative, so it works on any port.
  'hls-aes/key.bin': 'sixteen-byte-key',
  'hls-aes/key-info.txt': `key.bin\nhls-aes/key.bin\n${encryptionIv.slice(2)}\n`,
};
