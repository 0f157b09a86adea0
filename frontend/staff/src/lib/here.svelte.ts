// At which window this workstation stands, kept by the workstation itself.
import { api } from '../api';
import type { Counters } from '../types';
import { Loader } from './load.svelte';

const kept = 'kofu.counter.window';

/** What the screens of the counter begin with, and the window that was chosen here. */
export class CounterLoader extends Loader<Counters> {
  window = $state(localStorage.getItem(kept) ?? '');
  readonly options = $derived((this.value?.windows ?? []).map((w) => ({ value: w.id, label: w.name })));

  constructor() {
    super(() => api.counter());
  }
  /** Loads the windows; one that is no more gives way to the first. */
  async begin(): Promise<void> {
    await this.load();
    if (!this.options.some((o) => o.value === this.window)) this.window = this.options[0]?.value ?? '';
  }
  keep(): void {
    localStorage.setItem(kept, this.window);
  }
}
