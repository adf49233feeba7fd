export const VIEWS = ['room', 'queue', 'library', 'presets', 'settings', 'diagnostics'] as const;
export type View = (typeof VIEWS)[number];

/** What lies over a view; each stands in the query, so that back closes it and a link opens it. */
export type Overlay = 'intake' | 'download' | 'palette' | 'keys' | 'menu' | 'playlist';

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

  /** Changes filters of the view in place; null takes one out. No new entry in the history. */
  replace(change: Readonly<Record<string, string | null>>): void {
    history.replaceState(history.state, '', this.#hrefWith(change));
    this.#read();
  }

  open(name: Overlay, value = ''): void {
    if (this.#query.get(name) === value) return;
    const isSwitch = this.#query.has(name);
    const href = this.#hrefWith({ [name]: value });
    if (isSwitch) history.replaceState(history.state, '', href);
    else history.pushState({ overlay: name }, '', href);
    this.#read();
  }

  close(name: Overlay): void {
    if (!this.#query.has(name)) return;
    const state: unknown = history.state;
    const isOurs = typeof state === 'object' && state !== null && 'overlay' in state;
    if (isOurs && state.overlay === name) history.back();
    else this.replace({ [name]: null });
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
