// Arithmetic of long lists. Browsers stop at some ten million pixels of scroll
// height, so beyond that the scroll bar stands for the position only.

const limit = 12_000_000;

export function heightOf(total: number, rowHeight: number): number {
  return Math.min(total * rowHeight, limit);
}

/** The first row in view. */
export function rowOf(top: number, total: number, rowHeight: number, view: number): number {
  const full = total * rowHeight;
  if (full <= limit) return Math.max(0, Math.floor(top / rowHeight));
  const part = Math.min(1, top / Math.max(1, limit - view));
  return Math.floor(part * Math.max(0, total - Math.floor(view / rowHeight)));
}

/** Where to scroll so that the row is in view; stays when it is already. */
export function scrollFor(row: number, top: number, total: number, rowHeight: number, view: number): number {
  const first = rowOf(top, total, rowHeight, view);
  const visible = Math.max(1, Math.floor(view / rowHeight));
  if (row >= first && row < first + visible) {
    return row === first && total * rowHeight <= limit ? Math.min(top, row * rowHeight) : top;
  }
  const wanted = row < first ? row : row - visible + 1;
  if (total * rowHeight <= limit) return row < first ? wanted * rowHeight : (row + 1) * rowHeight - view;
  return (wanted / Math.max(1, total - visible)) * (limit - view);
}
