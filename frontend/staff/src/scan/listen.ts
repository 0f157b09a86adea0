// One listener for the whole program, so that a scan works on every screen and
// wherever the cursor stands. A screen that wants the scans registers for them;
// otherwise the scan opens its card.
import { Decoder, silence, type Reading } from './decoder';

export interface Scanned { kind: 'scan' | 'half'; code: string }
type Taker = (scan: Scanned) => void;

const takers: Taker[] = [];
const decoder = new Decoder();
let before: { field: HTMLInputElement | HTMLTextAreaElement; value: string } | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let scannedAt = -Infinity;
let busy = false;

/** The screen on top takes all scans until the returned function is called. */
export function takeScans(taker: Taker): () => void {
  takers.push(taker);
  return () => {
    const at = takers.lastIndexOf(taker);
    if (at >= 0) takers.splice(at, 1);
  };
}

/** True while keys belong to a scanner, for listeners that would take them for commands. */
export function scannerAtWork(): boolean {
  return busy;
}
/** Whether a scanner has typed since the given time of an event. */
export function scannedSince(time: number): boolean {
  return scannedAt >= time;
}

/** Starts listening; the returned function ends it. fallback gets the scans no screen asked for. */
export function listen(fallback: Taker): () => void {
  const down = (e: KeyboardEvent) => {
    if (e.repeat) return;
    remember(e);
    const reading = decoder.feed({ code: e.code, shiftKey: e.shiftKey, ctrlKey: e.ctrlKey || e.metaKey, timeStamp: e.timeStamp });
    clearTimeout(timer);
    busy = reading.kind === 'burst';
    if (busy) {
      scannedAt = e.timeStamp;
      timer = setTimeout(() => { busy = false; deliver(decoder.idle(performance.now()), fallback); }, silence + 10);
    }
    if (reading.kind === 'scan' || reading.kind === 'half') {
      // The Enter of a scanner must neither press a button nor leave the field.
      e.preventDefault();
      e.stopImmediatePropagation();
      scannedAt = e.timeStamp;
      deliver(reading, fallback);
    }
  };
  addEventListener('keydown', down, { capture: true });
  return () => {
    clearTimeout(timer);
    removeEventListener('keydown', down, { capture: true });
  };
}

/** Keeps what a field held before the scanner typed into it. */
function remember(e: KeyboardEvent): void {
  composed = (busy && composed) || e.isComposing || e.keyCode === 229;
  if (busy && before?.field === e.target) return;
  const field = e.target;
  const text = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  const now = e.timeStamp;
  if (!text) {
    before = undefined;
  } else if (!before || before.field !== field || now - lastKey > 35) {
    before = { field, value: field.value };
  }
  lastKey = now;
}
let lastKey = -Infinity;
let composed = false;

function deliver(reading: Reading, fallback: Taker): void {
  if (reading.kind !== 'scan' && reading.kind !== 'half') return;
  const spoiled = before;
  const late = composed;
  before = undefined;
  composed = false;
  const give = () => {
    if (spoiled && reading.kind === 'scan') restore(spoiled.field, spoiled.value);
    (takers.at(-1) ?? fallback)(reading);
  };
  // With the input method on, the text arrives only after the keys.
  if (late) setTimeout(give, 0);
  else give();
}

function restore(field: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  if (field.value === value) return;
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
