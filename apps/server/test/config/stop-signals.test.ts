import { expect, it } from 'vitest';
import { createStopListener } from '../../src/stop-signals.ts';

function listen() {
  const wishes: string[] = [];
  const clock = { ms: 5000 };
  const onSignal = createStopListener({
    stop: (signal) => void wishes.push(`stop by ${signal}`),
    hurry: (signal) => void wishes.push(`hurry by ${signal}`),
    nowMs: () => clock.ms,
  });
  return { wishes, clock, onSignal };
}

it('treats a signal repeated within a second as the same one', () => {
  const { wishes, clock, onSignal } = listen();
  onSignal('SIGINT');
  onSignal('SIGINT');
  clock.ms += 1000;
  onSignal('SIGTERM');
  expect(wishes).toEqual(['stop by SIGINT']);
});

it('treats a later signal as a demand to end at once', () => {
  const { wishes, clock, onSignal } = listen();
  onSignal('SIGTERM');
  clock.ms += 1001;
  onSignal('SIGINT');
  expect(wishes).toEqual(['stop by SIGTERM', 'hurry by SIGINT']);
});
