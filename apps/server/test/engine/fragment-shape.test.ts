import { expect, it } from 'vitest';
import { runCases } from './python-cases.ts';

const packet = Buffer.concat([Buffer.from([0x47, 0x40, 0, 0x10]), Buffer.alloc(184, 0xff)]);
const stream = Buffer.concat(Array.from({ length: 20 }, () => packet));
const box = (name: string, length: number) => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length + 8);
  head.write(name, 4, 'latin1');
  return Buffer.concat([head, Buffer.alloc(length, 1)]);
};
const fragment = Buffer.concat([box('styp', 16), box('moof', 900), box('mdat', 3000)]);
const frame = Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x0c, 0x80, 0xfc, ...Array<number>(93).fill(7)]);
const tag = Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 20, ...Array<number>(20).fill(0)]);
const sound = Buffer.concat([tag, ...Array.from({ length: 30 }, () => frame)]);
const cluster = Buffer.concat([
  Buffer.from([0x1f, 0x43, 0xb6, 0x75, 0x4b, 0xb8]),
  Buffer.alloc(3000),
]);
const picture = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const noise = Buffer.from(Array.from({ length: 2000 }, (_, n) => (n * 89 + (n >> 3) * 31) % 255));

const CUT = 'is cut short';
const CASES: readonly (readonly [string, Buffer, string | null, string | null])[] = [
  ['MPEG-TS', stream, null, null],
  ['MPEG-TS cut in a packet', stream.subarray(0, 188 * 7 + 60), null, CUT],
  ['MPEG-TS with something behind it', Buffer.concat([stream, Buffer.from('end')]), null, null],
  ['boxes', fragment, null, null],
  ['boxes cut in the data', fragment.subarray(0, 2000), null, CUT],
  ['boxes cut in the index', fragment.subarray(0, 500), null, CUT],
  ['boxes cut between index and data', fragment.subarray(0, 24 + 908), null, CUT],
  [
    'boxes with something behind them',
    Buffer.concat([fragment, Buffer.alloc(40, 255)]),
    null,
    null,
  ],
  ['an initialisation', Buffer.concat([box('ftyp', 16), box('moov', 600)]), null, null],
  ['sound', sound, null, null],
  ['sound cut in a frame', sound.subarray(0, 1250), null, CUT],
  ['a cluster', cluster, null, null],
  ['a cluster that is cut', cluster.subarray(0, 2000), null, CUT],
  ['zeros', Buffer.alloc(2000), null, 'is zeros, not media'],
  ['a picture', Buffer.concat([picture, noise]), null, 'is no media'],
  ['a picture before MPEG-TS', Buffer.concat([picture, noise, stream]), 'ts', null],
  ['noise', noise, 'ts', 'is no media'],
  ['noise of a stream that is not known', noise, null, null],
];

it('a fragment is checked against the lengths in its own boxes or packets', async () => {
  const input = CASES.map(([, content, expected]) => [content.toString('base64'), expected]);
  const found = (await runCases('fragment_shape_cases.py', '', JSON.stringify(input))) as unknown[];
  expect(CASES.map(([name], n) => [name, found[n]])).toEqual(
    CASES.map(([name, , , problem]) => [name, problem]),
  );
});

it.each([
  ['something else', noise, true],
  ['an odd beginning of the same', Buffer.concat([Buffer.alloc(9, 1), stream]), false],
])('recognises %s, whichever fragment came first', async (_, first, isProblem) => {
  const input = JSON.stringify([first, stream].map((content) => content.toString('base64')));
  const answer = [isProblem, false];
  expect(await runCases('fragment_order_cases.py', null, input)).toEqual([answer, answer]);
});

it('an encrypted fragment is judged by its decrypted beginning, whatever its last byte', async () => {
  const whole = Buffer.concat([stream, packet]);
  const endsWith = (byte: number) => {
    const content = Buffer.from(whole);
    content[1023] = byte;
    return content;
  };
  const contents = [whole, endsWith(0), endsWith(1), noise, whole.subarray(0, 188 * 7 + 60)];
  const input = JSON.stringify(contents.map((content) => content.toString('base64')));
  const found = await runCases('fragment_cipher_cases.py', null, input);
  expect(found).toEqual([null, null, null, null, CUT]);
});

/** A second of 25 pictures, each of two packets, around the stamp that follows the last one: they begin again at 0. */
function secondOfTs(): Buffer {
  const packets = Array.from({ length: 25 }, (_, picture) => {
    const stamp = (2 ** 33 - 45_000 + picture * 3600) % 2 ** 33;
    const high = Math.floor(stamp / 2 ** 30);
    const begin = Buffer.from(packet);
    begin.set([0, 0, 1, 0xe0, 0, 0, 0x80, 0x80, 5, 0x21 | (high << 1)], 4);
    begin.set([(stamp >>> 22) & 0xff, ((stamp >>> 14) & 0xfe) | 1], 14);
    begin.set([(stamp >>> 7) & 0xff, ((stamp << 1) & 0xfe) | 1], 16);
    const rest = Buffer.from(packet);
    rest[1] = 0;
    return Buffer.concat([begin, rest]);
  });
  return Buffer.concat(packets);
}

it('MPEG-TS cut between two packets is fetched again until it is clear that the site has no more', async () => {
  const whole = secondOfTs();
  const cut = whole.subarray(0, 188 * 26);
  const other = whole.subarray(0, 188 * 20);
  const input = JSON.stringify(
    [whole, cut, other, cut, cut].map((content) => content.toString('base64')),
  );
  const short = 'is shorter than the list says';
  const found = await runCases('fragment_length_cases.py', null, input);
  expect(found).toEqual([null, short, short, short, null]);
});
