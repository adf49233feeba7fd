/** Why a request is refused. What begins in lower case is said of a field: `must be 10 or less`. */
export const VALIDATION = {
  // Of any field.
  IS_NOT_KNOWN: () => 'is not a known field',
  IS_MISSING: () => 'is missing',
  IS_NOT_VALID: () => 'is not valid',
  /** `wanted`: the description of the field in its schema. */
  MUST_BE: ({ wanted }: { wanted: string }) => `must be ${wanted}`,
  MUST_BE_ONE_OF: ({ choices }: { choices: string }) => `must be one of ${choices}`,
  MUST_BE_OF_TYPE: ({ type }: { type: string }) => `must be ${TYPE_NAMES[type] ?? type}`,
  MUST_BE_AT_LEAST: ({ limit }: Limit) => `must be ${limit} or more`,
  MUST_BE_AT_MOST: ({ limit }: Limit) => `must be ${limit} or less`,
  MUST_NOT_BE_EMPTY: () => 'must not be empty',
  TOO_FEW_CHARACTERS: ({ limit }: Limit) => `must have at least ${limit} characters`,
  TOO_MANY_CHARACTERS: ({ limit }: Limit) => `must have at most ${limit} characters`,
  TOO_FEW_ENTRIES: ({ limit }: Limit) => `must have at least ${limit} entries`,
  TOO_MANY_ENTRIES: ({ limit }: Limit) => `must have at most ${limit} entries`,
  ENTRY_IS_TWICE: () => 'must not have the same entry twice',
  MUST_HAVE_A_FIELD: () => 'must have a field',
  CANNOT_GO_WITH: ({ other }: { other: string }) => `cannot be given together with ${other}`,
  NEEDS_ONE_LINK_FIELD: () => 'needs exactly one of url and urls',

  // Of the selection.
  PRESET_NOT_KNOWN: () => 'is not a preset of this server',
  SECTION_IS_REVERSED: () => 'must be after the start',
  PROXY_IS_NO_ADDRESS: () => 'is not the address of a proxy',
  PROXY_IS_PRIVATE: () =>
    'must not be at a private address, unless EGRESS_ALLOW names its host and port',
  LANGUAGE_NOT_KNOWN: ({ tag }: { tag: string }) =>
    `is ${tag}, which is no language that is known and was listed by no probe; take a tag such as en or pt-BR`,
  CODEC_NOT_IN_WEBM: ({ codec }: { codec: string }) =>
    `cannot be ${codec} in webm; choose mp4 or mkv as container`,
  SRT_NOT_IN_WEBM: () => 'cannot be srt inside webm; choose vtt, or mp4 or mkv as container',
  COVER_NOT_IN_WEBM: () => 'is not possible in webm; choose mp4 or mkv as container',
  SEGMENTS_NOT_IN_SECTION: () =>
    'cannot be used together with section: its segments are those of the whole video',
  CHAPTERS_NOT_IN_SECTION: () =>
    'cannot be used together with section, which has no whole chapters',
  NOT_WITH_MODE_ALL: () => 'does not go with the mode all',
  ENTRIES_NEED_SELECT: () => 'names entries, which needs the mode select',
  ITEMS_NEED_SELECT: () => 'names several entries, which needs the mode select',
  SELECT_NEEDS_ITEMS: () => 'must name the entries to select',
  ENTRY_IDS_TOO_LONG: ({ count, limit }: Limit & { count: number }) =>
    `has ${count} characters, and at most ${limit} are kept; name positions in items instead`,
  RANGE_IS_REVERSED: ({ first, last }: { first: number; last: number }) =>
    `has the range ${first}-${last}, which ends before it begins`,
  TOO_MANY_SELECTED: ({ count, limit }: Limit & { count: number }) =>
    `selects ${count} entries, and at most ${limit} can be selected; take the mode all for more`,
  PLACEHOLDER_NOT_KNOWN: ({ placeholder, known }: { placeholder: string; known: string }) =>
    `has the unknown placeholder ${placeholder}; known are ${known}`,
  BRACE_IS_ALONE: () => 'has a brace without its counterpart',
  TEMPLATE_HAS_EMPTY_PARTS: () => 'must not begin or end with / or have empty parts',
  MUST_STAY_BELOW: () => 'must stay below downloads/, with / between its parts',
  TOO_MANY_FOLDERS: ({ limit }: Limit) => `has more than ${limit} folders`,
  MUST_BE_FOLDER_BELOW: () => 'must be a folder below downloads/, with / between its parts',
  FOLDER_HAS_EMPTY_PARTS: () => 'must not have empty parts or parts that begin with a dot',
  FOLDER_HAS_BAD_PART: () =>
    'has a part that is too long or has characters that a file name cannot have',
  FOLDER_IS_LINK: ({ path }: { path: string }) =>
    `contains ${path}, which is a link; Artemis does not follow links, so name a real folder`,
  FOLDER_IS_FILE: ({ path }: { path: string }) => `cannot be a folder: ${path} is a file`,

  // Of a link.
  LINK_TOO_LONG: ({ limit }: Limit) => `The URL is longer than ${limit} characters.`,
  LINK_HAS_CONTROL_CHARACTERS: () => 'The URL contains control characters.',
  LINK_IS_NONE: () => 'This is not a URL that starts with http:// or https://.',
  LINK_HAS_OTHER_SCHEME: () => 'Only http:// and https:// URLs can be downloaded.',
  LINK_HAS_PASSWORD: () => 'The URL contains a user name or a password.',
  LINK_HAS_INSTRUCTIONS: () => 'The URL carries hidden instructions for the downloader.',
  LINK_HAS_NO_HOST: () => 'The URL has no valid host name.',
  LINK_TO_THIS_SERVER: () => 'The URL points at this server itself.',
  LINK_TO_THIS_COMPUTER: () => 'The URL points at this computer.',
  LINK_TO_PRIVATE_ADDRESS: () => 'The URL points at a private or reserved address.',
  LINK_OF_OTHER_SITE: ({ site }: { site: string }) => `must be a link of ${site}`,

  // Of cookies.
  COOKIES_NEED_SITE: () => 'must be the host name of one site, such as example.com',
  COOKIES_ARE_JSON: () => 'This is JSON; export the cookies in the Netscape format (cookies.txt).',
  COOKIES_EXPIRED: () => 'All of these cookies have expired.',
  COOKIES_OF_TOO_MANY_SITES: ({ limit }: Limit) =>
    `Cookies of at most ${limit} sites are kept; delete some first.`,
  COOKIES_ARE_NONE: () => 'There is no cookie in this text.',
  COOKIE_FIELD_COUNT: ({ count }: { count: number }) =>
    `A line has seven fields with tabs between them; this one has ${count}.`,
  COOKIE_WITHOUT_HOST: () => 'The first field is not the host name of a site.',
  COOKIE_OF_OTHER_SITE: ({ domain, site }: { domain: string; site: string }) =>
    `This cookie is of ${domain} and not of ${site}.`,
  COOKIE_SECOND_FIELD: () => 'The second field must be TRUE or FALSE.',
  COOKIE_THIRD_FIELD: () => 'The third field is not a path.',
  COOKIE_FOURTH_FIELD: () => 'The fourth field must be TRUE or FALSE.',
  COOKIE_FIFTH_FIELD: () => 'The fifth field, when the cookie expires, is not a Unix time.',
  COOKIE_IS_EMPTY: () => 'The cookie has neither a name nor a value.',
  COOKIE_NAME: () => 'The name has a character that cannot be sent.',
  COOKIE_VALUE: () => 'The value has a character that cannot be sent.',
  COOKIE_TOO_LONG: ({ limit }: Limit) => `The cookie is longer than ${limit} characters.`,

  // Why a download or an engine is left as it is: the `detail` of a refusal.
  ONLY_PARTS_OF_COMPLETED: ({ status }: { status: string }) =>
    `Only of a completed download can parts be fetched; this one is ${status}.`,
  FILE_NOT_KEPT: () => 'Its file is not kept any more; download the link again.',
  NOTHING_MISSING: ({ parts }: { parts: string }) => `Nothing of this is missing: ${parts}.`,
  NOT_RETRIED_AS_WHOLE: ({ status }: { status: string }) =>
    `Only a failed or cancelled download can be retried; this one is ${status}.`,
  NOT_RETRIED_BUT_PARTS: ({ status, parts }: { status: string; parts: string }) =>
    `Only a failed or cancelled download can be retried; this one is ${status}. Its missing parts can be: ${parts}.`,
  ENGINE_OF_COMPUTER: () => 'yt-dlp comes from PATH or YTDLP_PATH here, and is used as it is.',
  ENGINE_OF_OTHERS: ({ version }: { version: string }) =>
    `yt-dlp ${version} is needed by another Artemis with the same tools folder.`,
  ENGINE_STILL_NEEDED: ({ version }: { version: string }) => `yt-dlp ${version} is still needed.`,
  ENGINE_NOT_REMOVABLE: ({ folder, reason }: { folder: string; reason: string }) =>
    `${folder} cannot be removed by this server (${reason}); remove it by hand.`,
} as const;

export interface Limit {
  readonly limit: number;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'an object',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};
