import { expect, it } from 'vitest';
import type { CardRow } from '../types';
import { cardColumns, clean, tsv } from './cards';

const row: CardRow = {
  id: 1, version: 1, noticeNo: 'A1B-000123', lotNo: '20261118-01', boxNo: '001', name: '=1+1', gaijiSet: '', kana: '', birth: '', address: '', status: 'READY', statusLabel: '交付可能',
  statusTone: 'ok', procedure: 'READY', custody: 'VAULT', place: '本庁\t棚A', receivedOn: '', noticeOn: '', deadline: '2027-02-22', kind: '新規', holds: [{ flag: 'DEATH', label: '死亡', severity: 'STOP' }],
};

it('copies rows with the zeros of codes and without formulas or stray tabs', () => {
  const [head, line] = tsv(cardColumns(), [row]).split('\n');
  expect(head?.split('\t')).toHaveLength(cardColumns().length);
  expect(line?.split('\t')).toEqual(['A1B-000123', '交付可能', "'=1+1", '死亡', '本庁 棚A', "'20261118-01", "'001", '', '', 'R9.2.22']);
});

it('keeps only known filters that are set', () => {
  expect(clean({ status: 'HELD', q: '', evil: 'x', sort: '-deadline' })).toEqual({ status: 'HELD', sort: '-deadline' });
});
