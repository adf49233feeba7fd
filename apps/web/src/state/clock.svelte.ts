import { createSubscriber } from 'svelte/reactivity';

/**
 * The time now, once a second, while the page is visible and something reads it. Reading it outside of an
 * effect gives the time without starting anything.
 */
export class Clock {
  readonly #subscribe = createSubscriber((update) => {
    let timer: ReturnType<typeof setInterval> | undefined;
    const run = (): void => {
      clearInterval(timer);
      if (document.hidden) return;
      update();
      timer = setInterval(update, 1000);
    };
    run();
    document.addEventListener('visibilitychange', run);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', run);
    };
  });

  get now(): number {
    this.#subscribe();
    return Date.now();
  }
}
