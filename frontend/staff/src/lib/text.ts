// The Japanese texts of the screens. They come from the server's catalogue, so
// that an office can reword them; this file only looks them up.

let catalogue: Record<string, string> = {};

export function useTexts(texts: Record<string, string>): void {
  catalogue = texts;
}

/** The text of a code with its places in braces filled; the code itself when there is no text. */
export function text(code: string, args: Record<string, string | number> = {}): string {
  const found = catalogue[code];
  if (found === undefined) return code;
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => (name in args ? String(args[name]) : whole));
}

export function hasText(code: string): boolean {
  return code in catalogue;
}

/** All codes that begin with the prefix, in catalogue order. */
export function textCodes(prefix: string): string[] {
  return Object.keys(catalogue).filter((code) => code.startsWith(prefix)).sort();
}

/** A count with thousands separators. */
export function count(n: number): string {
  return n.toLocaleString('ja-JP');
}
