export interface ServerEvent {
  readonly id: string | null;
  readonly name: string;
  readonly data: string;
}

/** Reads the text of an event stream, in chunks of any size. Comments only show that the line is alive. */
export class SseParser {
  #rest = '';
  #id: string | null = null;

  /** The newest id, to go on from there. */
  get lastId(): string | null {
    return this.#id;
  }

  push(chunk: string): ServerEvent[] {
    this.#rest = (this.#rest + chunk).replaceAll('\r\n', '\n');
    const blocks = this.#rest.split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => this.#read(block) ?? []);
  }

  #read(block: string): ServerEvent | null {
    let name = 'message';
    const data: string[] = [];
    for (const line of block.split('\n')) {
      const at = line.indexOf(':');
      if (at === 0) continue;
      const field = at < 0 ? line : line.slice(0, at);
      const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '');
      if (field === 'event') name = value;
      else if (field === 'data') data.push(value);
      else if (field === 'id') this.#id = value;
    }
    return data.length === 0 && name === 'message'
      ? null
      : { id: this.#id, name, data: data.join('\n') };
  }
}
