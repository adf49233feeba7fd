/** A setting that cannot be used. The message has its name and what was expected, never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
