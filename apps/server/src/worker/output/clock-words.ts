/** `h:mm:ss`, `m:ss`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (figure: number) => String(figure).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  return hours > 0
    ? `${hours}:${two(minutes % 60)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}
