import type { CodeWords } from './codes.ts';

export const deCodes: CodeWords = {
  failures: {
    UNSUPPORTED_SITE: {
      message: 'Aus dieser Seite kann yt-dlp keine Medien lesen.',
      hint: 'Öffne die Seite des Videos selbst und füge deren Link ein; bei einer neuen Seite hilft ein neueres yt-dlp.',
    },
    MEDIA_UNAVAILABLE: {
      message: 'Das Medium ist nicht da: gelöscht, privat, oder der Link stimmt nicht.',
      hint: 'Öffne den Link im Browser und sieh nach, ob es noch läuft.',
    },
    GEO_RESTRICTED: {
      message: 'Die Seite bietet dieses Medium in deinem Land nicht an.',
      hint: 'Versuche es mit einem Proxy in einem Land, in dem es angeboten wird.',
    },
    LOGIN_REQUIRED: {
      message: 'Die Seite verlangt eine Anmeldung.',
      hint: 'Melde dich im Browser an, gib Artemis die Cookies dieser Seite und versuche es nochmal.',
    },
    PAYMENT_REQUIRED: {
      message: 'Die Seite bietet dieses Medium nur denen an, die dafür zahlen.',
      hint: 'Melde dich im Browser mit einem Konto an, das bezahlt hat, gib Artemis die Cookies dieser Seite und versuche es nochmal.',
    },
    SITE_REFUSED: {
      message: 'Die Seite hat das abgelehnt.',
      hint: 'Das sind ihre eigenen Worte oder die von yt-dlp dafür. Öffne den Link im Browser und sieh nach, was sie verlangt.',
    },
    IMPERSONATION_NEEDED: {
      message: 'Die Seite antwortet nur dem, was wie ein Browser aussieht.',
      hint: 'Artemis ahmt keine Browser nach. Warten hilft nicht; suche dasselbe Medium auf einer anderen Seite.',
    },
    SITE_CHANGED: {
      message: 'Die Seite hat sich geändert: Mit diesem yt-dlp ist von ihr nichts zu bekommen.',
      hint: 'Warte: es geht von selbst weiter, mit einem anderen yt-dlp oder wenn die Seite wieder geht. „Jetzt versuchen“ fragt sofort.',
    },
    UPCOMING: {
      message: 'Das Medium ist noch nicht erschienen.',
      hint: 'Warte: es wird von selbst wieder angesehen, wenn es da sein sollte.',
    },
    FORMAT_UNAVAILABLE: {
      message:
        'Das verlangte Format oder den verlangten Ausschnitt gibt es bei diesem Medium nicht.',
      hint: 'Versuche es mit der besten Qualität, einem anderen Rezept oder einem Ausschnitt, der vor dem Ende des Mediums beginnt.',
    },
    FRAGMENTS_MISSING: {
      message: 'Der Seite fehlen einzelne Abschnitte dieses Mediums, es hätte also Löcher.',
      hint: 'Später nochmal: nur diese werden neu geholt. Oder behalte es, wie es ist, mit Löchern, oder nimm eine andere Qualität.',
    },
    DRM_PROTECTED: {
      message: 'Das Medium ist durch DRM geschützt und kann nicht geladen werden.',
      hint: 'Suche eine andere Quelle für dasselbe Medium.',
    },
    TOO_LARGE: {
      message: 'Die Datei ist größer, als dieser Server erlaubt.',
      hint: 'Nimm eine kleinere Qualität, oder erhöhe MAX_FILE_SIZE.',
    },
    EGRESS_BLOCKED: {
      message:
        'Der Link führt zu einer privaten Adresse oder auf einen Weg, der sich nicht prüfen lässt.',
      hint: 'Das Protokoll nennt die Adresse. Wenn du ihr traust, trage host:port in EGRESS_ALLOW ein und starte den Server neu.',
    },
    INVALID_MEDIA: {
      message: 'Was die Seite geschickt hat, ist kein abspielbares Medium.',
      hint: 'Öffne den Link im Browser, sieh nach, was er liefert, und nimm den Link der Seite, die es abspielt.',
    },
    UNSAFE_TYPE: {
      message: 'Die Seite bot eine Datei an, die kein Medium ist; sie wurde nicht behalten.',
      hint: 'Prüfe, ob es der Link ist, den du meinst.',
    },
    ENGINE_MISSING: {
      message: 'Auf diesem Rechner fehlen yt-dlp, Python oder ffmpeg.',
      hint: 'Die Diagnose nennt den einen Befehl, der es einrichtet; danach nochmal versuchen.',
    },
    ENGINE_OUTDATED: {
      message: 'Das vorhandene yt-dlp ist für diese Seite zu alt.',
      hint: 'Führe im Ordner von Artemis „npm run tools -- newer“ aus, warte eine Minute und versuche es nochmal.',
    },
    RUNTIME_MISSING: {
      message: 'Diese Seite braucht eine JavaScript-Laufzeit, und auf diesem Rechner ist keine.',
      hint: 'Führe im Ordner von Artemis „npm run tools“ aus, warte eine Minute und versuche es nochmal.',
    },
    SOLVER_MISSING: {
      message: 'yt-dlp fehlen die Skripte, die die Rätsel dieser Seite lösen.',
      hint: 'Führe im Ordner von Artemis „npm run tools“ aus, warte eine Minute und versuche es nochmal.',
    },
    SOLVER_FAILED: {
      message:
        'yt-dlp konnte die Rätsel dieser Seite nicht lösen; vielleicht haben sie sich geändert.',
      hint: 'Sagt die Diagnose, dass das Lösen hier geht, hilft vielleicht ein neueres yt-dlp: „npm run tools -- newer“ im Ordner von Artemis, eine Minute warten, nochmal versuchen.',
    },
    NETWORK: {
      message: 'Die Seite war nicht zu erreichen, oder die Verbindung brach ab.',
      hint: 'Prüfe die Verbindung; der Download macht da weiter, wo er aufgehört hat.',
    },
    THROTTLED: {
      message: 'Die Seite bittet um weniger Anfragen.',
      hint: 'Warte: Downloads von dieser Seite gehen später von selbst weiter.',
    },
    BOT_CHECK: {
      message: 'Die Seite will wissen, ob ein Mensch fragt.',
      hint: 'Warte etwas bis zum nächsten Versuch; weniger Downloads zugleich von dieser Seite helfen.',
    },
    TIMED_OUT: {
      message: 'Der Download dauerte länger, als dieser Server erlaubt.',
      hint: 'Nochmal: er macht mit seinem Teil weiter. Für sehr lange Medien DOWNLOAD_TIMEOUT erhöhen.',
    },
    STALLED: {
      message: 'Lange Zeit kam nichts an.',
      hint: 'Versuche es später nochmal: die Seite ist vielleicht überlastet.',
    },
    TRUNCATED: {
      message: 'Die Seite hat nur einen Teil des Mediums geschickt.',
      hint: 'Versuche es nochmal; bleibt es so, ist die Quelle selbst abgeschnitten.',
    },
    DISK_FULL: {
      message: 'Der Datenträger ist voll.',
      hint: 'Schaffe Platz, wo der Download-Ordner liegt, und versuche es nochmal.',
    },
    STORE_FAILED: {
      message: 'Die fertige Datei konnte nicht in den Download-Ordner gelegt werden.',
      hint: 'Prüfe, ob der Ordner da ist und beschrieben werden darf, und versuche es nochmal.',
    },
    INTERRUPTED: {
      message: 'Der Server oder sein Motor hörte während dieses Downloads auf.',
      hint: 'Nochmal: er macht mit seinem Teil weiter.',
    },
    POSTPROCESSING_FAILED: {
      message: 'Das Medium kam an, aber ffmpeg konnte es nicht zusammenfügen oder umwandeln.',
      hint: 'Nimm ein anderes Rezept oder Format; den Grund nennt das Protokoll dieses Downloads.',
    },
    WORKER_CRASHED: {
      message: 'Der Prozess dieses Downloads endete unerwartet.',
      hint: 'Nochmal; geschieht es wieder, sieh in das Protokoll dieses Downloads.',
    },
    UNKNOWN: {
      message: 'yt-dlp meldete einen Fehler, den Artemis nicht kennt.',
      hint: 'Das Protokoll dieses Downloads enthält die Worte von yt-dlp.',
    },
  },
  warnings: {
    QUALITY_SHORTFALL: 'Die verlangte Qualität bietet die Seite nicht an.',
    CODEC_SHORTFALL: 'Den verlangten Codec bietet die Seite nicht an.',
    CONTAINER_SHORTFALL:
      'Das Medium passt nicht in den verlangten Container und liegt in einem anderen.',
    LIVE_FROM_NOW:
      'Den Anfang des Livestreams bietet die Seite nicht an; er wurde ab jetzt aufgenommen.',
    AUDIO_MISSING: 'Das Medium hat keinen Ton.',
    VIDEO_MISSING: 'Das Medium hat kein Bild.',
    SUBTITLES_MISSING:
      'Manche der verlangten Untertitel gibt es nicht, oder sie waren nicht zu lesen.',
    SUBTITLES_ENCODING:
      'Manche der Untertitel haben eine unbekannte Zeichenkodierung; sie liegen so da, wie sie kamen, und nicht als UTF-8.',
    OPTION_IGNORED: 'Manches, was verlangt war, bewirkt bei diesem Medium nichts.',
    THUMBNAIL_MISSING: 'Das Vorschaubild gibt es nicht, oder es war nicht zu lesen.',
    METADATA_MISSING: 'Die Metadaten konnten nicht geschrieben werden.',
    SPONSORBLOCK_MISSING: 'Die Abschnitte von SponsorBlock waren nicht zu lesen.',
    PLAYLIST_FIRST_ONLY: 'Der Link ist eine Liste; geladen wurde nur ihr erster Eintrag.',
    ENTRIES_FAILED: 'Manche Einträge der Playlist sind fehlgeschlagen.',
    FORMATS_MISSING:
      'Die Seite hat mehr Formate, als gelesen werden konnten: Ihre Rätsel wurden nicht gelöst. Die Diagnose nennt, was fehlt.',
    GAPS_DECLARED:
      'Die Seite sagt selbst, dass Abschnitte dieses Mediums verloren sind; dort hat es Löcher.',
    DURATION_UNKNOWN:
      'Die Seite nennt keine Länge, deshalb wurde die Länge des Mediums nicht geprüft.',
    DURATION_DIFFERS: 'Das Medium ist kürzer oder länger, als die Seite sagt oder verlangt war.',
    INCOMPLETE: 'Ein Teil der Medien fehlt.',
  },
  requests: {
    VALIDATION_FAILED: 'Die Anfrage ist nicht gültig.',
    URL_NOT_ALLOWED: 'Dieser Link kann nicht geladen werden.',
    PRESET_UNKNOWN: 'Dieses Rezept gibt es nicht.',
    COOKIES_INVALID: 'Diese Cookies sind nicht zu gebrauchen.',
    HOST_NOT_PARKED: 'Diese Seite wird gerade nicht in Ruhe gelassen.',
    COOKIES_NOT_FOUND: 'Von dieser Seite sind keine Cookies da.',
    UNAUTHORIZED: 'Dafür braucht es ein gültiges Token.',
    FORBIDDEN_HOST: 'Unter diesem Namen antwortet der Server nicht.',
    FORBIDDEN_ORIGIN: 'Anfragen von einer anderen Seite werden abgelehnt.',
    SIGNATURE_INVALID: 'Dieser Datei-Link ist nicht gültig.',
    ENGINE_NOT_FOUND: 'Dieses yt-dlp gibt es hier nicht.',
    ENGINE_IN_USE: 'Dieses yt-dlp wird gebraucht oder darf von hier nicht entfernt werden.',
    DOWNLOAD_NOT_FOUND: 'Diesen Download gibt es nicht.',
    ROUTE_NOT_FOUND: 'Unter dieser Adresse ist nichts.',
    METHOD_NOT_ALLOWED: 'Diese Methode ist hier nicht erlaubt.',
    NOT_ACCEPTABLE: 'In der verlangten Form kann nicht geantwortet werden.',
    NOT_CANCELLABLE: 'Dieser Download ist schon zu Ende.',
    NOT_RETRYABLE: 'Dieser Download kann nicht wiederholt werden.',
    NOT_PAUSABLE: 'Dieser Download kann jetzt nicht angehalten werden.',
    NOT_RESUMABLE: 'Dieser Download ist nicht angehalten.',
    NOT_FINISHABLE: 'Das ist keine laufende Live-Aufnahme.',
    STILL_ACTIVE: 'Dieser Download läuft noch.',
    IDEMPOTENCY_CONFLICT: 'Dieser Schlüssel wurde schon für eine andere Anfrage benutzt.',
    FILE_CHANGED: 'Die Datei wurde bearbeitet oder ersetzt, seit sie abgelegt wurde.',
    FILE_EXPIRED: 'Die Datei wird nicht mehr aufbewahrt.',
    REV_GONE: 'Diese Änderungen sind nicht mehr bekannt.',
    PAYLOAD_TOO_LARGE: 'Die Anfrage ist zu groß.',
    UNSUPPORTED_MEDIA_TYPE: 'Nur application/json wird angenommen.',
    RANGE_NOT_SATISFIABLE: 'Dieser Bereich liegt außerhalb der Datei.',
    PROBE_FAILED: 'Der Link konnte nicht gelesen werden.',
    QUEUE_FULL: 'Die Schlange ist voll.',
    RATE_LIMITED: 'Das waren zu viele Anfragen.',
    TOO_MANY_PROBES: 'Es werden schon zu viele Links angesehen.',
    INTERNAL: 'Auf dem Server ging etwas schief.',
    STORE_UNAVAILABLE: 'Der Verlauf kann nicht geschrieben werden.',
    SHUTTING_DOWN: 'Der Server hört gerade auf.',
  },
};
