// What is selected in a list: single rows, or all rows that match the filter less the ones taken out.
import { SvelteSet } from 'svelte/reactivity';
import type { Bulk, CardFilter } from '../types';

export type Target = Pick<Bulk, 'filter' | 'ids'>;

export class Selection {
  private matching = $state(false);
  private readonly ids = new SvelteSet<number>();

  has(id: number): boolean {
    return this.matching || this.ids.has(id);
  }
  /** Ticking a row while all matching are selected starts a selection of single rows. */
  toggle(id: number): void {
    this.matching = false;
    if (!this.ids.delete(id)) this.ids.add(id);
  }
  all(): void {
    this.ids.clear();
    this.matching = true;
  }
  clear(): void {
    this.ids.clear();
    this.matching = false;
  }
  count(total: number): number {
    return this.matching ? total : this.ids.size;
  }
  target(filter: CardFilter): Target {
    if (!this.matching) return { ids: [...this.ids] };
    const { lot, place, ...words } = filter;
    return { filter: { ...words, lot: lot ? Number(lot) : undefined, place: place ? Number(place) : undefined } };
  }
}
