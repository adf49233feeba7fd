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
  choiceItems: (items) => `Einträge ${items}`,
  entriesOpen: 'Einträge',
  entriesOfTitle: (title) => `Einträge von ${title}`,

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
