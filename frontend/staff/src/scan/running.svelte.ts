// The running list of a scan screen: newest on top, errors pinned until acknowledged.
import type { ScanResult, Tone } from '../types';
import { text } from '../lib/text';
import { sound } from './sound.svelte';

/** What every answer to a scan says; kept: something was written down. */
export interface Result { result: string; tone: Tone; word: string; message: string; code: string; at: string; eventId?: number; kept?: boolean; card?: { id: number } }
export type Line<T extends Result = ScanResult> = T & { key: number; undone?: boolean };

const longest = 500;

export class Running<T extends Result = ScanResult> {
  lines = $state.raw<Line<T>[]>([]);
  pinned = $state.raw<Line<T>[]>([]);
  last = $state.raw<T>();
  private next = 1;

  add(result: T): void {
    const line: Line<T> = { ...result, key: this.next++ };
    this.last = result;
    const pin = result.tone === 'error' || result.tone === 'warn';
    if (pin) this.pinned = [line, ...this.pinned];
    if (!pin || result.eventId || result.kept) this.lines = [line, ...this.lines].slice(0, longest);
    sound.play(result.tone);
  }
  /** A result that this PC found by itself: half a code, a second reading, no connection. */
  local(tone: Tone, word: string, message: string, code: string): void {
    this.add({ result: tone === 'same' ? 'twice' : 'refused', tone, word, message, code, at: new Date().toISOString() } as T);
  }
  twice(code: string): void {
    this.local('same', text('ui.scan.twice'), text('ui.scan.twice_note'), code);
  }
  failed(problem: unknown, code: string): void {
    this.local('error', text('ui.scan.failed'), problem instanceof Error ? problem.message : String(problem), code);
  }
  /** Takes what was pinned for a code away, because it has been settled. */
  drop(code: string): void {
    this.pinned = this.pinned.filter((l) => l.code !== code);
  }
  acknowledge(): void {
    this.pinned = [];
  }
  markUndone(cardId: number): void {
    this.undo((l) => l.card?.id === cardId && l.result !== 'twice');
  }
  /** Strikes out the newest line that fits. */
  undo(fits: (line: Line<T>) => boolean): void {
    const at = this.lines.findIndex((l) => fits(l) && !l.undone);
    this.lines = this.lines.map((l, i) => (i === at ? { ...l, undone: true } : l));
  }
}
