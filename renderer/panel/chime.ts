/** Two falling tones of a struck bell, as in a waiting room: G5, then E5. */
const TONES = [
  { hertz: 784, startS: 0 },
  { hertz: 659, startS: 0.32 },
] as const;
const LENGTH_S = 1.1;
const LOUDNESS = 0.35;

export interface Chime {
  /** Whether the browser lets it be heard; before the first gesture on the page it may not. */
  readonly isAudible: () => boolean;
  /** Must be called from a gesture where the browser asks for one. */
  readonly unlock: () => Promise<void>;
  readonly ring: () => void;
  readonly close: () => void;
}

/** @param onAudibility the browser has begun, or ceased, to let it be heard: it decides so some time after the start */
export function createChime(onAudibility: () => void): Chime {
  const context = new AudioContext();
  context.addEventListener('statechange', onAudibility);
  return {
    isAudible: () => context.state === 'running',
    unlock: () => context.resume(),
    ring: () => {
      if (context.state !== 'running') return;
      for (const tone of TONES) strike(context, tone.hertz, context.currentTime + tone.startS);
    },
    close: () => void context.close(),
  };
}

function strike(context: AudioContext, hertz: number, atS: number): void {
  const oscillator = context.createOscillator();
  const envelope = context.createGain();
  oscillator.frequency.value = hertz;
  envelope.gain.setValueAtTime(0, atS);
  envelope.gain.linearRampToValueAtTime(LOUDNESS, atS + 0.015);
  // An exponential ramp cannot reach zero; this is far below hearing.
  envelope.gain.exponentialRampToValueAtTime(0.0001, atS + LENGTH_S);
  oscillator.connect(envelope).connect(context.destination);
  oscillator.start(atS);
  oscillator.stop(atS + LENGTH_S);
}
