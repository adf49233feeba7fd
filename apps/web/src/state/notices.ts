import type { Downloads } from './downloads.svelte.ts';
import type { Settings } from './settings.svelte.ts';
import type { Text } from './text.svelte.ts';

const EVERY_MS = 60_000;

/** False on plain http of a local network, where browsers refuse them without asking. */
export function canNotify(): boolean {
  return isSecureContext && 'Notification' in globalThis;
}

/** Asks the person. Call it from a press. */
export async function askToNotify(): Promise<boolean> {
  return canNotify() && (await Notification.requestPermission()) === 'granted';
}

/** Tells of downloads that ended while nobody looks at the page, at most once a minute, all in one. */
export function startNotices(downloads: Downloads, settings: Settings, text: Text): void {
  let [done, failed, lastAt] = [0, 0, 0];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function clear(): void {
    clearTimeout(timer);
    timer = undefined;
    [done, failed] = [0, 0];
  }
  async function show(): Promise<void> {
    const body = text.t.noticeText({ done, failed });
    clear();
    lastAt = Date.now();
    // Phones show them only through a service worker.
    const registration = await navigator.serviceWorker.getRegistration();
    const options = { body, tag: 'artemis', icon: './icon.svg' };
    if (registration) await registration.showNotification(text.t.appName, options);
    else new Notification(text.t.appName, options);
  }

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) clear();
  });
  downloads.onChange(({ downloads: changed }) => {
    if (!document.hidden || !settings.value.hasNotifications || !canNotify()) return;
    if (Notification.permission !== 'granted') return;
    for (const record of changed) {
      if (record.updated_at !== record.completed_at) continue;
      if (record.status === 'completed') done += 1;
      if (record.status === 'failed') failed += 1;
    }
    if (done + failed === 0) return;
    timer ??= setTimeout(() => void show(), Math.max(1000, lastAt + EVERY_MS - Date.now()));
  });
}
