// Loaded before the server: SIGWINCH sets its clock a day on, then two days back, and so on.
const DAY_MS = 86_400_000;
const RealDate = Date;
let offsetMs = 0;

globalThis.Date = class extends RealDate {
  /** @param {[]} args */
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};

process.on('SIGWINCH', () => {
  offsetMs = offsetMs > 0 ? -DAY_MS : DAY_MS;
});
