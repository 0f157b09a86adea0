// Starts the program with its practice municipalities for one file of tests and ends it afterwards. The
// tests find it in the environment, as town.ts and e2e/server.ts read it.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterAll } from 'vitest';
import { eventually } from './until';

const program = process.env.KOFU_BOOKING_PROGRAM;
if (!program) throw new Error('KOFU_BOOKING_PROGRAM is not set; run build/e2e-booking.sh');

/** A free port, so that two runs on one machine stay apart. */
function port(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => { done(port); });
    });
  });
}

const folder = mkdtempSync(`${tmpdir()}/kofu-booking-`);
const [residents, staff] = [await port(), await port()];
mkdirSync(`${folder}/practice`);
// Visitors come from made-up addresses. A slow machine is no rush: the waiting room opens by the number
// of requests alone, and lets in so few that somebody waits. That number is larger than that of the places,
// so that a page says that the service is busy.
writeFileSync(`${folder}/practice/kofu-booking.toml`, `
residents = "127.0.0.1:${residents}"
staff = "127.0.0.1:${staff}"
operator = "off"
trusted_proxies = ["127.0.0.1/32"]
room_p95_ms = 60000
room_in_flight = 60
room_rate = 1
`);
const said = `${folder}/said`;
const out = openSync(said, 'w');
const service = spawn(program, ['serve', '--practice', '--data', folder], { stdio: ['ignore', out, out] });
const ended = new Promise<void>((done) => { service.on('exit', () => { done(); }); });
afterAll(async () => {
  service.kill();
  await ended;
  rmSync(folder, { recursive: true });
});
await eventually(() => {
  const text = readFileSync(said, 'utf8');
  if (service.exitCode !== null) throw new Error(`the service has ended:\n${text}`);
  return text.includes(`${folder}/practice`); // the last line of the banner
}, 'the service starts');

process.env.KOFU_BOOKING_PORT = String(residents);
process.env.KOFU_BOOKING_DATA = `${folder}/practice`;
process.env.KOFU_URL = `http://localhost:${staff}`;
