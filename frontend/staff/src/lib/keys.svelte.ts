// The F-key bar: each screen says which keys it answers, the bar shows them,
// and every key has a second way that the browser does not keep for itself.
import { getContext, onMount, setContext } from 'svelte';
import { scannedSince, scannerAtWork } from '../scan/listen';

export const names = ['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12'] as const;
export type FKey = (typeof names)[number];
export interface Action {
  run: () => void;
  when?: () => boolean;
  /** The key is this action's alone, ready or not: the cursor is in its form, or it is under way. */
  holds?: () => boolean;
  label?: string | (() => string);
}
export type Actions = Partial<Record<FKey, Action>>;

/** What a screen or dialog answers, and the modal dialog in which it stands. */
interface Layer { actions: Actions; modal?: symbol }

const ready = (action: Action) => action.when?.() ?? true;
const inModal = Symbol('modal');

class Keys {
  private layers = $state.raw<Layer[]>([]);
  private modals = $state.raw<symbol[]>([]);

  /** Whether a modal dialog is open: what lies below it answers no key, even while the dialog waits. */
  get modal(): boolean { return this.modals.length > 0; }

  /** The topmost action that holds the key; otherwise the topmost that is ready, or else that names it. */
  action(key: FKey): Action | undefined {
    const top = this.modals.at(-1);
    const all = this.layers.flatMap((layer) => (top && layer.modal !== top ? [] : layer.actions[key] ?? [])).reverse();
    return all.find((action) => action.holds?.()) ?? all.find(ready) ?? all[0];
  }
  add(actions: Actions, modal?: symbol, below = false): () => void {
    const layer = { actions, modal };
    this.layers = below ? [layer, ...this.layers] : [...this.layers, layer];
    return () => { this.layers = this.layers.filter((l) => l !== layer); };
  }
  open(modal: symbol): () => void {
    this.modals = [...this.modals, modal];
    return () => { this.modals = this.modals.filter((m) => m !== modal); };
  }
  ready(key: FKey): boolean {
    const action = this.action(key);
    return action !== undefined && ready(action);
  }
  press(key: FKey): boolean {
    if (!this.ready(key)) return false;
    this.action(key)?.run();
    return true;
  }
}
export const keys = new Keys();

/** Registers the keys of a screen or dialog for as long as it is shown; those of the program itself lie below. */
export function useKeys(actions: Actions, below = false): void {
  const modal = getContext<symbol | undefined>(inModal);
  onMount(() => keys.add(actions, modal, below));
}

/** Makes a component a modal dialog for as long as it is shown: only what stands in it answers keys. */
export function useModal(): void {
  const modal = setContext(inModal, Symbol('dialog'));
  onMount(() => keys.open(modal));
}

/** The F-key that a key press means, its second keys included. */
export function meaning(e: KeyboardEvent): FKey | undefined {
  if (e.isComposing || e.keyCode === 229) return undefined;
  if (/^F([1-9]|1[0-2])$/.test(e.key) && !e.ctrlKey && !e.altKey && !e.metaKey) return e.key as FKey;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(e.code)?.[1];
  if (e.altKey && !e.ctrlKey && digit) return `F${digit === '0' ? 10 : digit}` as FKey;
  if (!e.ctrlKey || e.altKey) return undefined;
  if (e.key === 'Enter') return 'F12';
  if (e.key.toLowerCase() === 'p') return 'F9';
  return e.key.toLowerCase() === 'z' && !inText(e.target) ? 'F11' : undefined;
}

function inText(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement
    || (target instanceof HTMLInputElement && /^(text|search|password|tel|)$/.test(target.type) && target.value !== '');
}

/** Listens for the F-keys; some scanners hold Alt, so Alt+digit waits until no burst follows. */
export function listenKeys(): () => void {
  const down = (e: KeyboardEvent) => {
    const key = meaning(e);
    if (!key || scannerAtWork()) return;
    const own = keys.modal || keys.ready(key) || !['F5', 'F11', 'F12'].includes(e.key);
    if (own) e.preventDefault();
    if (e.repeat && key === 'F12') return;
    if (!e.altKey) {
      keys.press(key);
      return;
    }
    const at = e.timeStamp;
    setTimeout(() => { if (!scannedSince(at)) keys.press(key); }, 40);
  };
  addEventListener('keydown', down);
  return () => removeEventListener('keydown', down);
}
