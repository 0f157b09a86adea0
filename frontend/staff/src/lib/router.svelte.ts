// Where the clerk is: the part of the address after "#". The server serves one
// page, so no address can be asked of it that it does not know.

export interface Route { path: string; parts: string[]; query: Record<string, string> }

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?');
  const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
  return { path: '/' + parts.join('/'), parts, query: Object.fromEntries(new URLSearchParams(search)) };
}

class Router {
  route = $state<Route>(parseRoute(''));

  start(): () => void {
    const read = () => (this.route = parseRoute(location.hash));
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }
}
export const router = new Router();

/** The address of a screen for a link; takes what the server sends as well ("/cards?status=…"). */
export function to(path: string): string {
  return '#' + (path.startsWith('#') ? path.slice(1) : path);
}

export function go(path: string): void {
  location.hash = to(path);
}

/** Changes the address without a new entry in the history, for filters. */
export function replace(path: string): void {
  history.replaceState(null, '', to(path));
  router.route = parseRoute(path);
}
