// A language's file in its parts, split by `words-plugin.ts`. `Language` says what is in them.
declare module '*.json?first' {
  const part: never;
  export default part;
}
declare module '*.json?prose' {
  const part: never;
  export default part;
}
declare module '*.json?later' {
  const part: never;
  export default part;
}
