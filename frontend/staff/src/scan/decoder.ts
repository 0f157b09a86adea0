// Reads a hand scanner out of key presses. A scanner types faster than a
// person, and with the Japanese input method on, only KeyboardEvent.code still
// names the key that was pressed; so the code is read from the physical keys
// and never from the text that appears.

/** Longest pause between two keys of a scanner, in milliseconds. */
export const burstGap = 35;
/** Fewest keys of a scan; shorter bursts are half a code. */
export const minLength = 8;
/** A burst without Enter or Tab counts as finished after this silence. */
export const silence = 120;
/** The same code within this time is a second reading of the same label. */
export const repeatWithin = 2_000;

export interface Key { code: string; shiftKey?: boolean; ctrlKey?: boolean; timeStamp: number }
export type Reading =
  | { kind: 'typing' }
  | { kind: 'burst' }
  | { kind: 'scan'; code: string }
  | { kind: 'half'; code: string };

/** The character of a physical key on a code label, or '' for keys that carry none. */
export function charOf(code: string): string {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return letter;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit) return digit;
  return code === 'Minus' || code === 'NumpadSubtract' ? '-' : '';
}

const silent = /^(Shift|Control|Alt|Meta|CapsLock|NumLock|Lang|Convert|NonConvert|KanaMode)/;

export class Decoder {
  private buffer = '';
  private last = 0;
  /** Shortest run that already counts as a scanner at work. */
  private static readonly sure = 4;

  /** Takes one key press and says what it was part of. */
  feed(key: Key): Reading {
    if (silent.test(key.code)) return this.inBurst(key) ? { kind: 'burst' } : { kind: 'typing' };
    const quick = this.inBurst(key);
    if (key.code === 'Enter' || key.code === 'NumpadEnter' || key.code === 'Tab') {
      return quick ? this.finish() : this.drop();
    }
    // Ctrl+Z is a command; a scanner's leading control character carries nothing either.
    const char = key.ctrlKey ? '' : charOf(key.code);
    if (!char) return quick && this.buffer.length >= Decoder.sure ? { kind: 'burst' } : this.drop();
    this.buffer = quick ? this.buffer + char : char;
    this.last = key.timeStamp;
    return this.buffer.length >= Decoder.sure ? { kind: 'burst' } : { kind: 'typing' };
  }

  /** Ends a burst that came without Enter or Tab, once it has been silent long enough. */
  idle(now: number): Reading {
    if (now - this.last < silence) return { kind: 'typing' };
    return this.buffer.length >= minLength ? this.finish() : this.drop();
  }

  private inBurst(key: Key): boolean {
    const gap = key.timeStamp - this.last;
    return this.buffer !== '' && gap >= 0 && gap <= burstGap;
  }
  private finish(): Reading {
    const code = this.buffer;
    this.buffer = '';
    if (code.length >= minLength) return { kind: 'scan', code };
    return code.length >= Decoder.sure ? { kind: 'half', code } : { kind: 'typing' };
  }
  private drop(): Reading {
    this.buffer = '';
    return { kind: 'typing' };
  }
}

/** Repairs a code typed by hand: full width to half width, capitals, no spaces. */
export function repair(typed: string): string {
  return typed.normalize('NFKC').toUpperCase().replace(/[ー―‐−]/g, '-').replace(/\s/g, '');
}

/** Whether repaired text can be a code at all; kana in it means that the input method was on. */
export function isCode(code: string): boolean {
  return /^[0-9A-Z-]+$/.test(code);
}

/** Tells a second reading of the same label from the next card. */
export class Repeats {
  private code = '';
  private at = -Infinity;

  twice(code: string, now: number): boolean {
    const again = code === this.code && now - this.at < repeatWithin;
    this.code = code;
    this.at = now;
    return again;
  }
  /** Forgets the last code, so that a refused scan can be tried again at once. */
  forget(): void {
    this.code = '';
  }
}
