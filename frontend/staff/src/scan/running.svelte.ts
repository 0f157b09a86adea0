// The running list of a scan screen: newest on top, errors pinned until acknowledged.
import type { ScanResult, Tone } from '../types';
import { text } from '../lib/text';
import { sound } from './sound.svelte';

export interface Line extends ScanResult { key: number; undone?: boolean }

const longest = 500;

export class Running {
  lines = $state<Line[]>([]);
  pinned = $state<Line[]>([]);
  last = $state<ScanResult>();
  private next = 1;

  add(result: ScanResult): void {
    const line: Line = { ...result, key: this.next++ };
    this.last = result;
    const pin = result.tone === 'error' || result.tone === 'warn';
    if (pin) this.pinned = [line, ...this.pinned];
    if (!pin || result.eventId) this.lines = [line, ...this.lines].slice(0, longest);
    sound.play(result.tone);
  }
  /** A result that this PC found by itself: half a code, a second reading, no connection. */
  local(tone: Tone, word: string, message: string, code: string): void {
    this.add({ result: tone === 'same' ? 'twice' : 'refused', tone, word, message, code, at: new Date().toISOString() });
  }
  twice(code: string): void {
    this.local('same', text('ui.scan.twice'), text('ui.scan.twice_note'), code);
  }
  failed(problem: unknown, code: string): void {
    this.local('error', text('ui.scan.failed'), problem instanceof Error ? problem.message : String(problem), code);
  }
  acknowledge(): void {
    this.pinned = [];
  }
  markUndone(cardId: number): void {
    const at = this.lines.findIndex((l) => l.card?.id === cardId && !l.undone && l.result !== 'twice');
    const line = this.lines[at];
    if (line) line.undone = true;
  }
}
