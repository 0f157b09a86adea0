// The matrix of permissions: a function (booking, report …) and a deed of it.

/** What a role may do: nothing, at the person's own windows, or at all of them. */
export type Scope = 'none' | 'own' | 'all';

export const deeds = ['view', 'edit', 'export', 'print', 'reveal'] as const;
export type Deed = (typeof deeds)[number];

/** Deeds that are called otherwise in a permission. */
const called: Record<string, Deed> = { work: 'edit', manage: 'edit' };

const split = (permission: string): [fn: string, deed: string] => {
  const [fn = '', deed = ''] = permission.split('.');
  return [fn, called[deed] ?? deed];
};

/** The functions of the permissions, each once, in their order. */
export function functionsOf(permissions: string[]): string[] {
  return [...new Set(permissions.map((p) => split(p)[0]))];
}

/** The permission of a cell; undefined where the function has no such deed. */
export function cellOf(permissions: string[], fn: string, deed: Deed): string | undefined {
  return permissions.find((p) => { const [f, d] = split(p); return f === fn && d === deed; });
}
