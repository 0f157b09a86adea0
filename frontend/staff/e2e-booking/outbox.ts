// A mail server that takes every mail and keeps it, so that residents can open the links in theirs.
import { createServer, type AddressInfo, type Server } from 'node:net';
import { document } from './town';
import { eventually } from './until';

interface Mail { to: string; text: string }

export class Outbox {
  private readonly mails: Mail[] = [];
  private readonly server: Server = createServer((socket) => {
    let rest = '', to = '', letter: string[] | undefined;
    const say = (line: string): void => { socket.write(`${line}\r\n`); };
    say('220 outbox.example');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('latin1')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (letter && line !== '.') letter.push(line);
        else if (letter) {
          this.mails.push({ to, text: Buffer.from(letter.slice(letter.indexOf('')).join(''), 'base64').toString('utf8') });
          letter = undefined;
          say('250 taken');
        } else if (/^DATA/i.test(line)) {
          letter = [];
          say('354 go on');
        } else if (/^QUIT/i.test(line)) {
          say('221 bye');
          socket.end();
        } else {
          to = /^RCPT TO:<(.*)>/i.exec(line)?.[1] ?? to;
          say('250 outbox.example');
        }
      }
    });
  });

  /** Opens a server and makes municipalities send by it. */
  static async open(...tenants: number[]): Promise<Outbox> {
    const outbox = new Outbox();
    await new Promise<void>((done) => { outbox.server.listen(0, '127.0.0.1', done); });
    const { port } = outbox.server.address() as AddressInfo;
    for (const tenant of tenants) document(tenant, 'booking.mail-server', 1, { host: '127.0.0.1', port, security: 'plain' });
    return outbox;
  }
  close(): void { this.server.close(); }

  /** Takes the oldest mail to an address that has such a link out of the box, and returns the link. */
  async link(to: string, part: string): Promise<string> {
    const links = (m: Mail): string[] => m.to === to ? [...m.text.matchAll(/https?:\/\/\S+/g)].map((found) => found[0]).filter((url) => url.includes(part)) : [];
    return eventually(() => {
      const i = this.mails.findIndex((m) => links(m).length > 0);
      const [mail] = i < 0 ? [] : this.mails.splice(i, 1);
      return mail && links(mail)[0];
    }, `a mail to ${to} with a link to ${part}`);
  }
}
