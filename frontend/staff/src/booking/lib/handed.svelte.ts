// A number that was scanned or typed elsewhere, on its way to the screen that looks it up: never in an address.
class Handed {
  entry = $state('');

  /** Takes the number; it is there once. */
  take(): string {
    const entry = this.entry;
    this.entry = '';
    return entry;
  }
}
export const handed = new Handed();
