// Who is signed in here, and whether the screen is locked.
import { common } from './common';
import { useToken, whenExpired } from './http';
import type { Me } from '../types';

class Session {
  me = $state<Me>();
  locked = $state(false);
  practice = $state(false);

  /** The signed-in person; only screens behind the sign-in ask. */
  get who(): Me {
    if (!this.me) throw new Error('no one is signed in');
    return this.me;
  }
  enter(me: Me): void {
    useToken(me.token);
    this.me = me;
    this.practice = me.practice;
    this.locked = false;
  }
  /** Keeps the screen behind the sign-in page. */
  lock(): void {
    if (!this.me || this.locked) return;
    this.locked = true;
    common.signOut().catch(() => { /* the server ends idle sessions by itself */ });
  }
  async leave(): Promise<void> {
    try {
      await common.signOut();
    } finally {
      this.me = undefined;
      this.locked = false;
      location.hash = '';
    }
  }
  may(permission: string): boolean {
    return this.me?.permissions.includes(permission) ?? false;
  }
}
export const session = new Session();

whenExpired(() => {
  if (session.me) session.locked = true;
});

/** Locks the screen after the given minutes without a key or a click. Returns the way to stop it. */
export function watchIdle(minutes: number, lock: () => void): () => void {
  if (minutes <= 0) return () => {};
  let last = Date.now();
  const active = () => (last = Date.now());
  const timer = setInterval(() => { if (Date.now() - last >= minutes * 60_000) lock(); }, 5_000);
  const kinds = ['keydown', 'pointerdown', 'wheel'] as const;
  kinds.forEach((kind) => addEventListener(kind, active, { passive: true }));
  return () => {
    clearInterval(timer);
    kinds.forEach((kind) => removeEventListener(kind, active));
  };
}
