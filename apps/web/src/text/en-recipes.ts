import { n, plural } from './words.ts';

/** The words of looking at links, of recipes and of cookies. */
export const enRecipes = {
  // What is known of a link
  lookNow: 'Look',
  lookAll: (count: number) => `Look at the first ${n(count)}`,
  lookAtThis: (address: string) => `Look at ${address}`,
  lookWaiting: 'waits for its turn',
  lookRunning: 'reading…',
  lookLive: 'LIVE',
  lookSaid: (title: string) => `Read: ${title}.`,
  lookSaidFailed: (address: string, why: string) => `${address} could not be read: ${why}`,
  listEntries: (count: number) => `playlist of ${n(count)} ${plural(count, 'entry', 'entries')}`,
  listAtLeast: (count: number) => `playlist, ${n(count)} entries read`,
  listOnlyFirst: 'Only the first entry comes, unless you pick some.',
  choiceFormat: (id: string) => `Format ${id} only for this one`,
  choiceAll: 'Every entry',
  choiceItems: (items: string) => `Entries ${items}`,

  entriesOpen: 'Entries',
  entriesOfTitle: (title: string) => `Entries of ${title}`,

  // The formats of a link
  formatsOpen: 'Formats',
  formatsOf: (title: string) => `Formats of ${title}`,
  formatsTable: 'Formats, the best first',
  colFormat: 'Format',
  colPicture: 'Picture',
  colSound: 'Sound',
  colNote: 'Note',
  formatAsPreset: 'What the preset takes',
  formatPicked: 'preset',
  formatUse: 'Take this',
  formatHint:
    'A format without sound gets the best sound. The choice holds for this download only: other links have other formats.',
};
