// More people at a time than the service has places for: their forms wait for the database, in which
// somebody else is writing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { aoba, code, database, fetched, posted } from './town';

/** Waits a little. */
export const pause = (ms: number): Promise<false> => new Promise((done) => { setTimeout(() => { done(false); }, ms); });

/** Lets people come again and again with a form that is not answered while act runs. */
export async function crowded(people: number, act: () => Promise<unknown>): Promise<void> {
  const page = await fetched(aoba, '/ja/code');
  const [year = '', month = '', day = ''] = code(8).birth.split('-');
  const token = /name="token" value="([^"]*)"/.exec(page.body)?.[1] ?? '';
  const form = new URLSearchParams({ token, code: code(8).code, year, month, day }).toString();
  const writer = spawn('sqlite3', [database], { stdio: ['pipe', 'pipe', 'inherit'] });
  writer.stdin.write('.timeout 60000\nBEGIN IMMEDIATE;\n.print writing\n');
  await once(writer.stdout, 'data');
  let over = false;
  const crowd = Array.from({ length: people }, async () => {
    while (!over) await posted(aoba, '/ja/code', form, page.cookies).catch(() => undefined); // whoever waited too long comes again
  });
  try { await act(); } finally {
    over = true;
    writer.stdin.end('ROLLBACK;\n');
    await Promise.all(crowd);
  }
}
