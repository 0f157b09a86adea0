// The 外字 of names and addresses. A private-use character means another shape in every gaiji set,
// so each set has a font of its own, and only texts that name their set are drawn with it.
const faces = new Map<string, { family: string; face: FontFace }>();

function load(set: string): string {
  const known = faces.get(set);
  if (known) return known.family;
  const family = `Kofu Gaiji ${faces.size + 1}`;
  // The browser fetches it with the first character of the range.
  const face = new FontFace(family, `url("/api/fonts/screen.ttf?set=${encodeURIComponent(set)}")`, { unicodeRange: 'U+E000-F8FF', display: 'swap' });
  document.fonts.add(face);
  faces.set(set, { family, face });
  return family;
}

/** The fonts for a text of a gaiji set; undefined for a text without 外字, which needs no other fonts. */
export function gaijiFont(value: string, set: string): string | undefined {
  return set && /[\ue000-\uf8ff]/.test(value) ? `'${load(set)}', var(--font)` : undefined;
}

/** Fetches the font of a set anew the next time, after another one was registered. */
export function forgetGaiji(set: string): void {
  const known = faces.get(set);
  if (known) document.fonts.delete(known.face);
  faces.delete(set);
}
