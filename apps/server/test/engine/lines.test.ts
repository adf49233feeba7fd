import { describe, expect, it } from 'vitest';
import { parseControlLine } from '../../src/worker/engine/engine-control.ts';
import { createLineSplitter, MAX_LINE_BYTES } from '../../src/worker/engine/engine-lines.ts';

function split(...chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.flush();
  return lines;
}

describe('lines on a connection to the engine', () => {
  it('end at both kinds of line ending, and empty ones are skipped', () => {
    expect(split('a\nb\r\nc\rd\n\n\re')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('keep a character whole that two chunks share', () => {
    const bytes = Buffer.from('é→😀\n');
    expect(split(...[...bytes].map((byte) => Buffer.from([byte])))).toEqual(['é→😀']);
  });

  it('are dropped when they are too long, and the next one is kept', () => {
    expect(split('x'.repeat(MAX_LINE_BYTES), 'x\nnext\n')).toEqual(['next']);
    expect(split('x'.repeat(MAX_LINE_BYTES), '\nnext\n')).toHaveLength(2);
  });
});

describe('a control line', () => {
  it('counts only with the nonce of its connection, at the start of a line', () => {
    const line = '\x1eaabb {"control":"started","pid":7}';
    expect(parseControlLine(line, 'aabb')).toEqual({ kind: 'started', pid: 7 });
    expect(parseControlLine(line, 'ccdd')).toBeNull();
    expect(parseControlLine(` ${line}`, 'aabb')).toBeNull();
  });

  it('that cannot be parsed is ignored', () => {
    for (const body of ['', '{', '[]', 'null', '{"control":"other"}', '{"pid":7}']) {
      expect(parseControlLine(`\x1eaabb ${body}`, 'aabb')).toBeNull();
    }
  });
});
