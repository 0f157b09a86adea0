// Rows of a long list, fetched in pages as they come into view.
import type { Tone } from '../types';

export interface Column<T> {
  key: string; title: string; width?: string; num?: boolean; code?: boolean; sort?: string;
  value: (row: T) => string; short?: (value: string) => string; gaiji?: (row: T) => string; href?: (row: T) => string;
  chip?: (row: T) => { tone: Tone; label: string; stop?: boolean }[] | undefined;
}
type Fetch<T> = (offset: number, limit: number) => Promise<{ total: number; rows: T[] }>;

const size = 100;

export class Pages<T> {
  total = $state(0);
  loaded = $state(false);
  problem = $state<unknown>();
  private rows = $state.raw<Map<number, T[]>>(new Map());
  private asked = new Set<number>();
  private round = 0;

  constructor(private readonly fetchPage: Fetch<T>) {}

  at(i: number): T | undefined {
    return this.rows.get(Math.floor(i / size))?.[i % size];
  }
  /** All rows that are here already, in order. */
  get here(): T[] {
    return [...this.rows.entries()].sort(([a], [b]) => a - b).flatMap(([, rows]) => rows);
  }
  /** Fetches anew, for another filter or after a change. */
  async reload(): Promise<void> {
    this.round++;
    this.asked.clear();
    await this.load(0, true);
  }
  async need(from: number, to: number): Promise<void> {
    if (!this.loaded) return;
    for (let page = Math.floor(from / size); page * size < Math.min(to, this.total); page++) {
      if (!this.asked.has(page)) await this.load(page, false);
    }
  }
  /** Puts a changed row in the place of its old version. */
  put(row: T, same: (other: T) => boolean): void {
    this.rows = new Map([...this.rows].map(([page, rows]) => [page, rows.map((r) => (same(r) ? row : r))]));
  }

  private async load(page: number, fresh: boolean): Promise<void> {
    const round = this.round;
    this.asked.add(page);
    try {
      const answer = await this.fetchPage(page * size, size);
      if (round !== this.round) return;
      this.total = answer.total;
      this.rows = new Map([...(fresh ? [] : this.rows), [page, answer.rows]]);
      this.problem = undefined;
    } catch (e) {
      if (round !== this.round) return;
      this.asked.delete(page);
      this.problem = e;
    } finally {
      if (round === this.round) this.loaded = true;
    }
  }
}
