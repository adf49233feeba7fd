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
  choiceItems: (count: number, items: string) =>
    `${n(count)} ${plural(count, 'entry', 'entries')}: ${items}`,

  entriesOpen: 'Entries',
  entriesOfTitle: (title: string) => `Entries of ${title}`,
  listLabel: 'Entries of the playlist',
  listRead: (count: number) => `${n(count)} read`,
  listReadOf: (count: number, total: number) => `${n(count)} of ${n(total)} read`,
  listAllRead: (count: number): string =>
    count === 1 ? 'The one entry is read' : `All ${n(count)} entries are read`,
  listStop: 'Stop reading',
  listGoOn: 'Read on',
  listFilter: 'Filter by title',
  listAll: 'All',
  listAllMatching: (count: number) => `All ${n(count)} matching`,
  listNone: 'None',
  listInvert: 'Invert',
  listRanges: 'Positions',
  listChooseRanges: 'Choose these',
  listRangesBad: (total: number) =>
    `Write positions and ranges from 1 to ${n(total)}, such as 1-20, 25.`,
  listOnlyNew: 'Leave out what was downloaded before',
  listKnown: (count: number) => `(${n(count)} of those that were read)`,
  listHere: 'downloaded',
  listChosen: (count: number) => `${n(count)} chosen`,
  listTooMuch: 'At most 5,000 single entries can be chosen; take all, or a smaller part.',
  listFirstOnly: 'Only the first',
  listUse: 'Take these',
  factTaken: 'Would be taken',
  factSubtitles: 'Subtitles',
  factCaptions: 'Automatic captions',
  factChapters: 'Chapters',
  andMore: (shown: string, count: number) => `${shown} and ${n(count)} more`,
  nameTaken: (by: string): string =>
    by === 'file'
      ? 'A file has this name already: a number is added, nothing is replaced.'
      : 'A download under way has this name already: a number is added.',

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
