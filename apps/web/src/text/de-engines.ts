import type { enEngines } from './en-engines.ts';

const figure = new Intl.NumberFormat('de');
const n = (count: number): string => figure.format(count);

export const deEngines: typeof enEngines = {
  engineAll: 'Versionen von yt-dlp: benutzen, zurückgehen, holen',
  engineHint:
    'yt-dlp liest die Seiten. Ändert sich eine Seite, hilft ein neueres. Jedes wird hier erprobt, bevor es benutzt wird.',
  engineChannel: 'Welche Versionen',
  engineChannelOf: (channel) =>
    ({ stable: 'Stabil', nightly: 'Nächtlich', off: 'Bei dieser bleiben' })[channel] ?? channel,
  engineTag: (tag) =>
    ({
      in_use: 'In Gebrauch',
      trying: 'Wird erprobt',
      ready: 'Bereit',
      before: 'Davor',
      failed: 'Durchgefallen',
    })[tag] ?? tag,
  engineReleased: 'Erschienen',
  engineReleasedAgo: (days) =>
    days === 0 ? 'heute' : days === 1 ? 'gestern' : `vor ${n(days)} Tagen`,
  engineTrial: 'Probe',
  engineTrialSum: (passed, all) => `${n(passed)} von ${n(all)} bestanden`,
  engineTrialRuns: (passed, all) => `läuft, ${n(passed)} von ${n(all)}`,
  engineTrialNone: 'nicht erprobt',
  engineTrialOf: (version) => `Probe von ${version}`,
  engineTriedAt: (when) => `Erprobt: ${when}`,
  engineStep: (name, site) =>
    ({
      import: 'Startet',
      solve: 'Löst das Rätsel eines Players',
      rehearsal: 'Lädt die Probedateien',
      site: `${site ?? 'Eine Seite'}: der neueste Link öffnet sich`,
    })[name] ?? name,
  engineStepState: (state) =>
    ({
      running: 'läuft',
      ok: 'bestanden',
      warn: 'bestanden, mit Anmerkung',
      fail: 'nicht bestanden',
      skipped: 'ausgelassen',
    })[state] ?? state,
  engineWorked: 'Ging hier gut',
  engineWorkedOf: (good, all) => `${n(good)} von ${n(all)}`,
  engineNotUsed: 'noch nicht benutzt',
  engineJobs: 'Läuft damit',
  engineJobsNow: (count) =>
    count === 0 ? 'nichts' : `${n(count)} ${count === 1 ? 'Download' : 'Downloads'}`,
  engineKind: 'Kanal',
  engineKindOf: (channel) =>
    channel === null ? 'keiner' : channel === 'nightly' ? 'Nächtlich' : 'Stabil',
  engineSince: 'Benutzt seit',
  engineOrigin: 'Kommt von',
  engineSource: (source, isChecked) =>
    ({
      release: isChecked ? 'seiner Veröffentlichung, Prüfsumme stimmt' : 'seiner Veröffentlichung',
      debian: isChecked ? 'Debian, Prüfsumme stimmt' : 'Debian',
      path: 'diesem Rechner, wie es ist',
      placed: 'jemandem, der es hierher gelegt hat',
    })[source] ?? source,
  engineUse: 'Diese benutzen',
  engineUseAnyway: 'Trotzdem benutzen',
  engineGoBack: 'Zu dieser zurück',
  engineRemove: (version) => `${version} entfernen`,
  engineRemoveBusy: 'Entfernen geht, wenn nichts mehr damit läuft.',
  engineRemoveTitle: (version) => `yt-dlp ${version} entfernen?`,
  engineRemoveText:
    'Sein Ordner wird gelöscht. Downloads und ihre Dateien bleiben, und es kann wieder geholt werden.',
  engineRemoveYes: 'Entfernen',
  engineKeep: 'Behalten',
  engineUsed: (version) => `Neue Downloads beginnen mit yt-dlp ${version}.`,
  engineRemoved: (version) => `yt-dlp ${version} ist entfernt.`,
  engineFetchNow: 'Jetzt holen',
  engineFetching: 'Es wird nach einem neueren yt-dlp gesehen.',
  engineFetchingNow: 'Es wird nach einem neueren gesehen …',
  engineStays: 'Dieses yt-dlp bleibt, bis du anders wählst.',
  engineLooked: (when, next) =>
    next === null
      ? `Nach einem neueren gesehen: ${when}.`
      : `Nach einem neueren gesehen: ${when}. Wieder: ${next}.`,
  engineNotLooked: 'Noch nicht nach einem neueren gesehen.',
  engineOff: 'Nach neueren wird nicht gesehen. Wähle Stabil oder Nächtlich, um eines zu bekommen.',
  enginePinned: (version) =>
    `Du hast ${version} gewählt. Es bleibt, bis du ein anderes oder einen Kanal wählst oder „Jetzt holen“ drückst.`,
  engineFetchProblem: 'Kein neueres yt-dlp ließ sich holen.',
  engineNone: 'Es ist noch kein yt-dlp da, also kann nichts geladen werden.',
  engineNoneHint: 'Drücke „Jetzt holen“, oder rufe npm run tools im Ordner von Artemis auf.',
  engineNoRoom:
    'Dieser Server kann nicht mehrere yt-dlp nebeneinander halten. Bitte Artemis erneuern.',
  engineAsOf: (time) => `Das hat der Server um ${time} gesagt.`,
  engineBrokenTitle: (site) => `${site} schlägt bei allen fehl`,
  engineBrokenText: (since, version, failures) =>
    `Seit ${since} mit yt-dlp ${version}: ${n(failures)} ${failures === 1 ? 'Fehlschlag' : 'Fehlschläge'}.`,
  engineBrokenWaiting: (count) =>
    count === 0 ? '' : `${n(count)} ${count === 1 ? 'Download wartet' : 'Downloads warten'}.`,
  engineBrokenTrying: (version) =>
    version === null ? 'Es wird nach einem neueren gesehen.' : `yt-dlp ${version} wird erprobt.`,
  engineTryNow: 'Jetzt versuchen',
  engineTryNowAt: (site) => `${site} jetzt versuchen`,
  engineSites: 'Erfolg nach Seite und Version',
  engineSitesSpan: 'letzte 14 Tage',
  engineSitesNone: 'Keine Downloads in den letzten 14 Tagen.',
  engineSitesCell: (good, all) => `${n(good)} von ${n(all)}`,
  engineSitesNotMet: 'keine Downloads',
  engineSite: 'Seite',
  engineSiteDownloads: 'Downloads',
  engineSitesHint: 'Geht eine Seite mit einer neuen Version schlechter, geht es von selbst zurück.',
  engineHappened: 'Was geschah',
  engineHappenedNone: 'Noch nichts.',
  engineEvent: (code, version, from, site) =>
    ({
      FETCHED: `${version} geholt.`,
      FETCH_FAILED: 'Kein neueres ließ sich holen.',
      TRIAL_PASSED: `${version} hat die Probe bestanden.`,
      TRIAL_FAILED: `${version} hat die Probe nicht bestanden.`,
      SWITCHED: from === '' ? `Zu ${version} gewechselt.` : `Von ${from} zu ${version} gewechselt.`,
      WENT_BACK:
        from === '' ? `Zu ${version} zurückgegangen.` : `Von ${from} zu ${version} zurückgegangen.`,
      REMOVED: `${version} entfernt.`,
      GONE: `Der Ordner von ${version} ist weg.`,
      SITE_BROKEN: `${site} begann mit ${version} fehlzuschlagen.`,
      SITE_MENDED: `${site} geht wieder.`,
    })[code] ?? '',
  engineRetry: 'Mit einem anderen Motor versuchen',
  engineRetryWith: (version, tag) => `${version}, ${tag}`,
  engineRetryNone: 'Hier ist kein anderes yt-dlp. Hole eines unter „Motor“.',
};
