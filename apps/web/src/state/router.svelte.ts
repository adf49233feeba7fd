export const VIEWS = [
  'room',
  'queue',
  'library',
  'presets',
  'engine',
  'settings',
  'diagnostics',
] as const;
export type View = (typeof VIEWS)[number];

/** Overlays of a view. Each is part of the query, so that back closes it and a link opens it. */
export const OVERLAYS = ['download', 'intake', 'palette', 'keys', 'menu'] as const;
export type Overlay = (typeof OVERLAYS)[number];

/**
 * The address is the state of navigation. Views are one path segment below the base, so that relative links
 * in the page hold on each of them.
 */
export class Router {
  readonly #base: string;
  #view: View = $state('room');
  #query: URLSearchParams = $state.raw(new URLSearchParams());

  /** `base` ends with a slash. */
  constructor(base: string) {
    this.#base = base;
    this.#read();
    window.addEventListener('popstate', () => this.#read());
  }

  get view(): View {
    return this.#view;
  }

  get query(): URLSearchParams {
    return this.#query;
  }

  /** The value of an overlay in the address, `''` when it has none, null when it is closed. */
  overlay(name: Overlay): string | null {
    return this.#query.get(name);
  }

  href(view: View, query: Readonly<Record<string, string>> = {}): string {
    const search = new URLSearchParams(query).toString();
    return `${this.#base}${view === 'room' ? '' : view}${search && `?${search}`}`;
  }

  go(view: View, query: Readonly<Record<string, string>> = {}): void {
    const href = this.href(view, query);
    if (href !== location.pathname + location.search) history.pushState(null, '', href);
    this.#read();
    window.scrollTo(0, 0);
  }

  /** Goes to an address of this page; false when it is not one. */
  follow(href: string): boolean {
    const url = new URL(href, location.href);
    if (url.origin !== location.origin || !url.pathname.startsWith(this.#base)) return false;
    const segment = url.pathname.slice(this.#base.length);
    if (segment !== '' && !(VIEWS as readonly string[]).includes(segment)) return false;
    if (url.hash !== '') return false;
    if (url.href !== location.href) history.pushState(null, '', url.href);
    this.#read();
    window.scrollTo(0, 0);
    return true;
  }

  /** Changes filters of the view in place; null takes one out. No new entry in the history. */
  replace(change: Readonly<Record<string, string | null>>): void {
    history.replaceState(history.state, '', this.#hrefWith(change));
    this.#read();
  }

  /** Opens an overlay over the view; another one that is open makes way. `part` is a part of it. */
  open(name: Overlay, value = '', part: { readonly tab?: string } = {}): void {
    if (this.#query.get(name) === value && part.tab === undefined) return;
    const others = OVERLAYS.filter((other) => other !== name && this.#query.has(other));
    const isSwitch = this.#query.has(name) || others.length > 0;
    const href = this.#hrefWith({
      ...Object.fromEntries(others.map((other) => [other, null])),
      [name]: value,
      tab: part.tab ?? null,
    });
    if (isSwitch) history.replaceState({ overlay: name }, '', href);
    else history.pushState({ overlay: name }, '', href);
    this.#read();
  }

  close(name: Overlay): void {
    if (!this.#query.has(name)) return;
    const state: unknown = history.state;
    const isOurs = typeof state === 'object' && state !== null && 'overlay' in state;
    if (isOurs && state.overlay === name) history.back();
    else this.replace({ [name]: null, tab: null });
  }

  #hrefWith(change: Readonly<Record<string, string | null>>): string {
    const query = new URLSearchParams(this.#query);
    for (const [name, value] of Object.entries(change)) {
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    return this.href(this.#view, Object.fromEntries(query));
  }

  #read(): void {
    const segment = location.pathname.slice(this.#base.length).replace(/\/.*$/, '');
    this.#view = (VIEWS as readonly string[]).includes(segment) ? (segment as View) : 'room';
    this.#query = new URLSearchParams(location.search);
  }
}
