// Reads the flat catalogue files: one "code" = "text" a line.

export function catalogue(toml: string): Record<string, string> {
  const entries = [...toml.matchAll(/^"([^"]+)"\s*=\s*("(?:[^"\\]|\\.)*")\s*$/gm)];
  return Object.fromEntries(entries.map((m) => [m[1] ?? '', JSON.parse(m[2] ?? '""') as string]));
}
