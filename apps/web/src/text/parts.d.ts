// A language's file in two parts, split by `words-plugin.ts`.
declare module '*.json?first' {
  const part: import('./words.ts').FirstPart;
  export default part;
}
declare module '*.json?later' {
  const part: import('./words.ts').LaterPart;
  export default part;
}
