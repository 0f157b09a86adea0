// Scans are answered in the order in which they were made, one after the other.

export class Queue {
  private tail: Promise<void> = Promise.resolve();

  add(job: () => Promise<void>): Promise<void> {
    this.tail = this.tail.then(job, job);
    return this.tail;
  }
}
