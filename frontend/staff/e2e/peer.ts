// The booking service as the other side of the exchange: the real program with its practice municipalities,
// started once and then asked by its commands.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';

const program = process.env.KOFU_BOOKING_PROGRAM ?? '';
interface Account { role: string; login: string; password: string }

export class Peer {
  readonly folder = mkdtempSync(`${tmpdir()}/kofu-peer-`);
  /** Of the first practice municipality. */
  readonly tenant = '1';
  private accounts: Account[] = [];

  /** Lets the program make its practice data. */
  static async start(): Promise<Peer> {
    if (!program) throw new Error('KOFU_BOOKING_PROGRAM is not set; run build/e2e.sh');
    const peer = new Peer();
    mkdirSync(`${peer.folder}/practice`);
    writeFileSync(`${peer.folder}/practice/kofu-booking.toml`, 'residents = "127.0.0.1:0"\nstaff = "127.0.0.1:0"\noperator = "off"\nexchange = "off"\n');
    const said = `${peer.folder}/said`;
    const out = openSync(said, 'w');
    const service = spawn(program, ['serve', '--practice', '--data', peer.folder], { stdio: ['ignore', out, out] });
    const ended = new Promise<void>((done) => { service.on('exit', () => { done(); }); });
    for (let i = 0; !readFileSync(said, 'utf8').includes(`${peer.folder}/practice`); i++) { // the last line of the banner
      if (service.exitCode !== null || i > 1200) throw new Error(`the booking service did not start:\n${readFileSync(said, 'utf8')}`);
      await new Promise((done) => setTimeout(done, 100));
    }
    service.kill();
    await ended;
    const towns = (JSON.parse(readFileSync(`${peer.folder}/practice/practice.json`, 'utf8')) as { towns: { accounts: Account[] }[] }).towns;
    peer.accounts = towns[0]?.accounts ?? [];
    return peer;
  }
  end(): void {
    rmSync(this.folder, { recursive: true });
  }
  /** Runs a command of the exchange and returns its answer. */
  run(act: string, args: string[] = [], typed = ''): Record<string, unknown> {
    const answer = execFileSync(program, ['--practice', '--data', this.folder, '--json', 'exchange', act, this.tenant, ...args], { encoding: 'utf8', input: typed });
    return (answer.startsWith('{') ? JSON.parse(answer) : {}) as Record<string, unknown>; // some acts only say what to do next
  }
  /** Makes the keys where there are none and returns the file with the public half and its fingerprint. */
  keys(): { file: string; fingerprint: string } {
    const file = `${this.folder}/cloud.kpub`;
    return { file, fingerprint: String(this.run('keys', ['--out', file]).own) };
  }
  /** Two people of the booking service compare the office's fingerprint. */
  confirm(fingerprint: string): void {
    for (const role of ['admin', 'lead']) {
      const account = this.accounts.find((a) => a.role === role);
      if (!account) throw new Error(`no account of ${role}`);
      this.run('confirm', [fingerprint, '--login', account.login], `${account.password}\n`);
    }
  }
}
