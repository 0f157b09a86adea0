import { expect, it } from 'vitest';
import type { ScanResult, Tone } from '../types';
import { Running } from './running.svelte';
import { melodies } from './sound.svelte';

const result = (n: number, tone: Tone = 'ok'): ScanResult => ({
  result: tone === 'ok' ? 'received' : 'unknown', tone, word: '受領', message: '', code: String(n), at: '2026-11-24T00:30:00.000Z',
  ...(tone === 'ok' ? { eventId: n, card: { id: n, noticeNo: String(n), name: '', gaijiSet: '', before: 'a', after: 'b' } } : {}),
});

it('after 30 scans with 2 errors shows 28 lines and 2 pinned errors, newest on top', () => {
  const running = new Running();
  for (let i = 1; i <= 30; i++) running.add(result(i, i === 7 || i === 19 ? 'error' : 'ok'));
  expect(running.lines.map((l) => l.code).slice(0, 2)).toEqual(['30', '29']);
  expect([running.lines.length, running.pinned.length]).toEqual([28, 2]);
});

it('makes one sound for each result, and a different one for each class', () => {
  const played: Tone[] = [];
  const hear = (e: Event) => played.push((e as CustomEvent<Tone>).detail);
  document.addEventListener('kofu-sound', hear);
  const running = new Running();
  const tones: Tone[] = ['ok', 'same', 'other', 'warn', 'error'];
  tones.forEach((tone, i) => running.add(result(i, tone)));
  document.removeEventListener('kofu-sound', hear);
  expect(played).toEqual(tones);
  expect(new Set(tones.map((t) => JSON.stringify(melodies[t]))).size).toBe(5);
});

it('keeps a received card that needs attention in both lists', () => {
  const running = new Running();
  running.add({ ...result(1), tone: 'warn' });
  expect([running.lines.length, running.pinned.length]).toEqual([1, 1]);
});

it('marks the undone line and leaves it standing', () => {
  const running = new Running();
  running.add(result(1));
  running.add(result(2));
  running.markUndone(2);
  expect(running.lines.map((l) => !!l.undone)).toEqual([true, false]);
});
