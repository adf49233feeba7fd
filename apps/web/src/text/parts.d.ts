// A language's file in two parts, split by `words-plugin.ts`. `Language` says what is in them.
declare module '*.json?first' {
  const part: never;
  export default part;
}
declare module '*.json?later' {
  const part: never;
  export default part;
}
