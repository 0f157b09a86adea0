// A delivery in the J-LIS sample layout J1 (CP932, all fields quoted) with numbers of this run only.

const table = new Map<string, number[]>();
for (let lead = 0x81; lead <= 0xfc; lead++) {
  if (lead > 0x9f && lead < 0xe0) continue;
  for (let trail = 0x40; trail <= 0xfc; trail++) {
    const char = new TextDecoder('shift_jis').decode(new Uint8Array([lead, trail]));
    if ([...char].length === 1 && char !== '\ufffd' && !table.has(char)) table.set(char, [lead, trail]);
  }
}

function cp932(text: string): Uint8Array {
  return new Uint8Array([...text].flatMap((c) => {
    if (c.charCodeAt(0) < 0x80) return [c.charCodeAt(0)];
    const bytes = table.get(c);
    if (!bytes) throw new Error(`${c} is not in CP932`);
    return bytes;
  }));
}

const head = ['発送番号', '発送日', '箱番号', '箱内連番', '交付通知書番号', '申請書ID', '申請区分', '受付年月日', '氏名', '住所', '生年月日', 'カード有効期限', '電子証明書有無', '交付方式', '摘要'];
const names = ['髙﨑 花子', '山本 太郎', '佐藤 一郎', '渡邉 美咲', '齋藤 健', '鈴木 さくら'];

export interface Lot { lotNo: string; numbers: string[]; file: { name: string; mimeType: string; buffer: Buffer } }

/** A lot of n cards whose names, addresses and numbers are made up. */
export function lot(n: number, mark: number): Lot {
  const lotNo = `2026111${mark % 10}-${String(mark).slice(-4)}`;
  const first = mark % 900_000;
  const numbers = Array.from({ length: n }, (_, i) => `E2E-${String(first + i).padStart(6, '0')}`);
  const rows = numbers.map((no, i) => [
    lotNo, '20261118', i < n / 2 ? '001' : '002', String(i + 1).padStart(4, '0'), no, `5555555555555${String(first + i).padStart(10, '0')}`, '1', '20261022',
    names[i % names.length] ?? '', `東京都千代田区丸の内一丁目${i + 1}番1号`, '19650401', '20360401', '1', '1', '',
  ]);
  const text = [head, ...rows].map((row) => row.map((v) => `"${v}"`).join(',') + '\r\n').join('');
  return { lotNo, numbers, file: { name: `delivery-${lotNo}.csv`, mimeType: 'text/csv', buffer: Buffer.from(cp932(text)) } };
}
