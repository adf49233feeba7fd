import type { enRecipes } from './en-recipes.ts';

const figure = new Intl.NumberFormat('de');
const n = (count: number): string => figure.format(count);

export const deRecipes: typeof enRecipes = {
  lookNow: 'Ansehen',
  lookAll: (count) => `Die ersten ${n(count)} ansehen`,
  lookAtThis: (address) => `${address} ansehen`,
  lookWaiting: 'wartet, bis es dran ist',
  lookRunning: 'wird gelesen …',
  lookLive: 'LIVE',
  lookSaid: (title) => `Gelesen: ${title}.`,
  lookSaidFailed: (address, why) => `${address} ließ sich nicht lesen: ${why}`,
  listEntries: (count) => `Playlist mit ${n(count)} ${count === 1 ? 'Eintrag' : 'Einträgen'}`,
  listAtLeast: (count) => `Playlist, ${n(count)} Einträge gelesen`,
  listOnlyFirst: 'Es kommt nur der erste Eintrag, wenn du keine auswählst.',
  choiceFormat: (id) => `Format ${id}, nur hier`,
  choiceAll: 'Alle Einträge',
  choiceItems: (count, items) => `${n(count)} ${count === 1 ? 'Eintrag' : 'Einträge'}: ${items}`,
  entriesOpen: 'Einträge',
  entriesOfTitle: (title) => `Einträge von ${title}`,
  listLabel: 'Einträge der Playlist',
  listRead: (count) => `${n(count)} gelesen`,
  listReadOf: (count, total) => `${n(count)} von ${n(total)} gelesen`,
  listAllRead: (count) =>
    count === 1 ? 'Der eine Eintrag ist gelesen' : `Alle ${n(count)} Einträge sind gelesen`,
  listStop: 'Nicht weiterlesen',
  listGoOn: 'Weiterlesen',
  listFilter: 'Nach Titel filtern',
  listAll: 'Alle',
  listAllMatching: (count) => `Alle ${n(count)} passenden`,
  listNone: 'Keine',
  listInvert: 'Umkehren',
  listRanges: 'Nummern',
  listChooseRanges: 'Diese wählen',
  listRangesBad: (total) => `Schreib Nummern und Bereiche von 1 bis ${n(total)}, etwa 1-20, 25.`,
  listOnlyNew: 'Was schon geladen wurde, weglassen',
  listKnown: (count) => `(${n(count)} der gelesenen)`,
  listHere: 'geladen',
  listChosen: (count) => `${n(count)} gewählt`,
  listTooMuch: 'Höchstens 5.000 einzelne Einträge gehen; nimm alle oder einen kleineren Teil.',
  listFirstOnly: 'Nur den ersten',
  listUse: 'Diese nehmen',
  factTaken: 'Käme',
  factSubtitles: 'Untertitel',
  factCaptions: 'Automatische Untertitel',
  factChapters: 'Kapitel',
  andMore: (shown, count) => `${shown} und ${n(count)} weitere`,
  nameTaken: (by) =>
    by === 'file'
      ? 'Eine Datei heißt schon so: Eine Zahl kommt dazu, ersetzt wird nichts.'
      : 'Ein laufender Download heißt schon so: Eine Zahl kommt dazu.',

  formatsOpen: 'Formate',
  formatsOf: (title) => `Formate von ${title}`,
  formatsTable: 'Formate, die besten zuerst',
  colFormat: 'Format',
  colPicture: 'Bild',
  colSound: 'Ton',
  colNote: 'Bemerkung',
  formatAsPreset: 'Was das Rezept nimmt',
  formatPicked: 'Rezept',
  formatUse: 'Nehmen',
  formatHint:
    'Ein Format ohne Ton bekommt den besten Ton dazu. Die Wahl gilt nur für diesen Download: Andere Links haben andere Formate.',
};
