// Server state is loaded where it is shown: one loader per screen, no global store.
import { unreadIn } from './entries';

export class Loader<T> {
  value = $state.raw<T>();
  problem = $state<unknown>();
  waiting = $state(false);
  private round = 0;

  constructor(private readonly fetchIt: () => Promise<T>) {}

  async load(): Promise<void> {
    const round = ++this.round;
    this.waiting = true;
    try {
      const value = await this.fetchIt();
      if (round !== this.round) return;
      this.value = value;
      this.problem = undefined;
    } catch (e) {
      if (round === this.round) this.problem = e;
    } finally {
      if (round === this.round) this.waiting = false;
    }
  }
  /** Loads what is asked for by fields of the screen, unless one of them cannot be read. */
  async ask(): Promise<void> {
    this.problem = unreadIn(document.querySelector('main'));
    if (!this.problem) await this.load();
  }
  /** Runs an act of this screen and shows its failure on top. Returns whether it worked. */
  async run(act: () => Promise<void>): Promise<boolean> {
    if (this.waiting) return false;
    this.waiting = true;
    this.problem = undefined;
    try {
      await act();
      return true;
    } catch (e) {
      this.problem = e;
      return false;
    } finally {
      this.waiting = false;
    }
  }
}

/** Asks again every interval while the condition holds. Returns the way to stop it. */
export function poll(again: () => Promise<void>, while_: () => boolean, ms = 700): () => void {
  let stopped = false;
  const next = () => setTimeout(async () => {
    if (stopped || !while_()) return;
    await again();
    next();
  }, ms);
  next();
  return () => (stopped = true);
}
