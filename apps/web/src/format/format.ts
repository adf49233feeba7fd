/** Figures and times as people of one locale read them. Sizes in bytes, spans in seconds unless named. */
export interface Formatter {
  integer(value: number): string;
  percent(value: number): string;
  /** `null` is an em dash: the figure is not known. */
  bytes(value: number | null): string;
  rate(bytesPerSecond: number | null): string;
  /** A guess, rounded so that it does not flicker: `~2 min`. */
  eta(seconds: number | null): string;
  /** A rounded span for comparing, such as an age: `9 d`, `4 h`, `12 min`. */
  span(seconds: number): string;
  /** The length of media: `1:12:09`. */
  duration(seconds: number): string;
  time(at: string | number): string;
  clock(at: number, utc: boolean): string;
  date(at: string | number): string;
  dateTime(at: string | number): string;
  relativeDay(at: string | number, now: number): string;
}

const NONE = '—';
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

export function createFormatter(locale: string, binary: boolean): Formatter {
  const integerFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const percentFormat = new Intl.NumberFormat(locale, {
    style: 'percent',
    maximumFractionDigits: 0,
  });
  const threeDigits = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const timeFormat = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
  const dateFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const dateTimeFormat = new Intl.DateTimeFormat(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  const relativeFormat = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const units = new Map<string, Intl.NumberFormat>();
  const clocks = new Map<boolean, Intl.DateTimeFormat>();

  function unit(value: number, name: 'second' | 'minute' | 'hour' | 'day'): string {
    let format = units.get(name);
    if (!format) {
      format = new Intl.NumberFormat(locale, {
        style: 'unit',
        unit: name,
        unitDisplay: 'short',
        maximumFractionDigits: 0,
      });
      units.set(name, format);
    }
    return format.format(value);
  }

  function bytes(value: number | null): string {
    if (value === null) return NONE;
    const base = binary ? 1024 : 1000;
    const names = binary ? ['B', 'KiB', 'MiB', 'GiB', 'TiB'] : ['B', 'KB', 'MB', 'GB', 'TB'];
    let scaled = value;
    let step = 0;
    while (scaled >= base && step < names.length - 1) {
      scaled /= base;
      step += 1;
    }
    const figure = step === 0 ? integerFormat.format(scaled) : threeDigits.format(scaled);
    return `${figure}\u00a0${names[step]}`;
  }

  function span(seconds: number): string {
    if (seconds < MINUTE) return unit(Math.max(0, Math.floor(seconds)), 'second');
    if (seconds < HOUR) return unit(Math.floor(seconds / MINUTE), 'minute');
    if (seconds < 2 * DAY) return unit(Math.floor(seconds / HOUR), 'hour');
    return unit(Math.floor(seconds / DAY), 'day');
  }

  return {
    integer: (value) => integerFormat.format(value),
    percent: (value) => percentFormat.format(Math.floor(value) / 100),
    bytes,
    rate: (value) => (value === null ? NONE : `${bytes(Math.round(value))}/s`),
    eta: (seconds) => {
      if (seconds === null || !Number.isFinite(seconds)) return NONE;
      if (seconds < 10) return `< ${unit(10, 'second')}`;
      if (seconds < MINUTE) return `~${unit(Math.round(seconds / 5) * 5, 'second')}`;
      if (seconds < 1.5 * HOUR) return `~${unit(Math.round(seconds / MINUTE), 'minute')}`;
      if (seconds < DAY) return `~${unit(Math.round(seconds / HOUR), 'hour')}`;
      return `> ${unit(1, 'day')}`;
    },
    span,
    duration: (seconds) => {
      const whole = Math.round(seconds);
      const rest = [Math.floor(whole / MINUTE) % 60, whole % 60].map((part) =>
        String(part).padStart(2, '0'),
      );
      const hours = Math.floor(whole / HOUR);
      return hours > 0 ? `${hours}:${rest.join(':')}` : rest.join(':').replace(/^0/, '');
    },
    time: (at) => timeFormat.format(new Date(at)),
    clock: (at, utc) => {
      let format = clocks.get(utc);
      if (!format) {
        format = new Intl.DateTimeFormat(locale, {
          hour: '2-digit',
          minute: '2-digit',
          second: '2-digit',
          hourCycle: 'h23',
          ...(utc ? { timeZone: 'UTC' } : {}),
        });
        clocks.set(utc, format);
      }
      return format.format(at);
    },
    date: (at) => dateFormat.format(new Date(at)),
    dateTime: (at) => dateTimeFormat.format(new Date(at)),
    relativeDay: (at, now) => {
      const days = Math.round(
        (startOfDay(new Date(at)) - startOfDay(new Date(now))) / (DAY * 1000),
      );
      if (days < -1 || days > 0) return dateFormat.format(new Date(at));
      const text = relativeFormat.format(days, 'day');
      return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
    },
  };
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
