// Records that the municipality shows for a reason only: the first request is refused, the clerk is asked, and
// the request goes again with the reason.

class Reasons {
  asking = $state.raw<(reason: string) => void>();

  /** Asks; '' when the clerk gives none. */
  ask(): Promise<string> {
    return new Promise((done) => {
      this.asking = (reason) => { this.asking = undefined; done(reason); };
    });
  }
}
export const reasons = new Reasons();
