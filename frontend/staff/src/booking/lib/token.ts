// The one-time token of a form: the same request sent again gets the same answer, a changed one is a new request.

export function oneTime(): { of: (request: unknown) => string } {
  let asked = '';
  let token = '';
  return {
    of(request) {
      const text = JSON.stringify(request);
      if (text !== asked) {
        asked = text;
        token = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
      }
      return token;
    },
  };
}
