// An appliance of its own for one file of tests that change the city as a whole: the same program, behind the
// same kind of door as the common one. Import it before the clerk, who finds it in the environment.
import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll } from 'vitest';

const program = process.env.KOFU_PROGRAM;
if (!program) throw new Error('KOFU_PROGRAM is not set; run build/e2e.sh');
const network = (process.env.KOFU_E2E_URL ?? process.env.KOFU_URL ?? '').startsWith('https:');

function port(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => { done(port); });
    });
  });
}

const folder = mkdtempSync(`${tmpdir()}/kofu-`);
const [desk, lan] = [await port(), await port()];
const banner = `${folder}/banner`;
const out = openSync(banner, 'w');
const server = spawn(program, ['serve', '--practice', '--data', folder, '--addr', `127.0.0.1:${desk}`, '--lan', `127.0.0.1:${lan}`], { stdio: ['ignore', out, out] });
const ended = new Promise<void>((done) => { server.on('exit', () => { done(); }); });
afterAll(async () => {
  server.kill();
  await ended;
  rmSync(folder, { recursive: true });
});
for (let i = 0; !readFileSync(banner, 'utf8').includes(folder); i++) { // the last line names the data folder
  if (server.exitCode !== null || i > 1200) throw new Error(`the server did not start:\n${readFileSync(banner, 'utf8')}`);
  await new Promise((done) => setTimeout(done, 100));
}

/** The data folder of its practice city. */
export const data = `${folder}/practice`;
process.env.KOFU_E2E_URL = network ? `https://127.0.0.1:${lan}` : `http://127.0.0.1:${desk}`;
process.env.KOFU_BANNER = banner;
