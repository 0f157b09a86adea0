// Five sounds, made on the spot; volume and switch belong to the workstation.
import type { Tone } from '../types';

interface Note { hertz: number; start: number; length: number }
const beep = (hertz: number, start: number, length: number): Note => ({ hertz, start, length });

/** What each class of result sounds like, in seconds from the start. */
export const melodies: Record<Tone, Note[]> = {
  ok: [beep(1568, 0, 0.09)],
  same: [beep(988, 0, 0.09), beep(988, 0.15, 0.09)],
  other: [beep(1175, 0, 0.08), beep(1175, 0.13, 0.08), beep(1175, 0.26, 0.08)],
  warn: [beep(880, 0, 0.15), beep(587, 0.17, 0.22)],
  error: [beep(185, 0, 0.7)],
};

const kept = 'kofu.sound';
function stored(): { on: boolean; volume: number } {
  try {
    const v = JSON.parse(localStorage.getItem(kept) ?? '{}') as { on?: boolean; volume?: number };
    return { on: v.on ?? true, volume: v.volume ?? 0.6 };
  } catch {
    return { on: true, volume: 0.6 };
  }
}

class Sound {
  on = $state(stored().on);
  volume = $state(stored().volume);
  private context: AudioContext | undefined;

  keep(): void {
    localStorage.setItem(kept, JSON.stringify({ on: this.on, volume: this.volume }));
  }
  play(tone: Tone): void {
    document.dispatchEvent(new CustomEvent('kofu-sound', { detail: tone }));
    if (!this.on || this.volume <= 0 || typeof AudioContext === 'undefined') return;
    this.context ??= new AudioContext();
    const context = this.context;
    void context.resume();
    for (const note of melodies[tone]) this.sound(context, note);
  }
  private sound(context: AudioContext, note: Note): void {
    const wave = context.createOscillator();
    const gain = context.createGain();
    const start = context.currentTime + note.start;
    wave.type = note.hertz < 300 ? 'square' : 'sine';
    wave.frequency.value = note.hertz;
    gain.gain.setValueAtTime(this.volume, start);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + note.length);
    wave.connect(gain).connect(context.destination);
    wave.start(start);
    wave.stop(start + note.length);
  }
}
export const sound = new Sound();
