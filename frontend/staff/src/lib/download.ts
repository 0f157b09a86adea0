// Files for the clerk: an attachment in a browser, the save dialog in the desktop window.
import { api } from '../api';
import { file } from './http';
import { session } from './session.svelte';
import { text } from './text';

/** Saves what the address answers. The note says where it went, or is '' where the browser says so itself. */
export async function download(url: string, name: string): Promise<string> {
  if (session.who.door === 'desk') {
    const { path } = await api.saveAs(url, name);
    return path ? text('ui.download.saved', { path }) : '';
  }
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  return '';
}

/** Saves a file that the server has already answered with. */
export function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Saves a list as a file; the note says that it has begun, or where it went. */
export async function saveList(url: string, title: string, format: string): Promise<string> {
  const name = `${title}_${session.who.today.replaceAll('-', '')}.${format.startsWith('csv') ? 'csv' : format}`;
  return (await download(url, name)) || text('ui.export.started');
}

/** Saves the answer to a question whose words may not stand in an address. */
export async function saveAnswer(path: string, body: { format?: string }, name: string): Promise<void> {
  const url = URL.createObjectURL(await file(path, body));
  await download(url, `${name}_${session.who.today.replaceAll('-', '')}.${body.format === 'xlsx' ? 'xlsx' : 'csv'}`);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
