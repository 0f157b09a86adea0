// What forms offer: loaded once for each screen that asks.
import { Loader } from '../../lib/load.svelte';
import { session } from '../../lib/session.svelte';
import { api } from '../api';
import type { Choices } from '../types';
import { here } from './here.svelte';

export class ChoiceLoader extends Loader<Choices> {
  constructor(private readonly permission: string) {
    super(() => api.choices());
  }
  /** The windows at which this person has the permission of the screen. */
  get windows() {
    const all = this.value?.windows ?? [];
    if (!session.who.own.includes(this.permission) || session.who.allWindows) return all;
    return all.filter((w) => session.who.windows.includes(w.id));
  }
  get options() {
    return this.windows.map((w) => ({ value: w.id, label: w.name }));
  }
  /** Loads, and makes sure that the workstation stands at one of the windows. */
  async begin(): Promise<void> {
    await this.load();
    if (!this.windows.some((w) => w.id === here.window)) {
      here.window = this.windows[0]?.id ?? '';
      here.keep();
    }
  }
  procedure(code: string): string {
    return this.value?.procedures.find((p) => p.code === code)?.label ?? code;
  }
}
