import { expect, it } from 'vitest';
import { objectCode, objectName, readable } from './audit';

it.each([
  ['カード 12', 'card/12'], ['カード12', 'card/12'], ['　カード　１２ ', 'card/12'], ['納品 3', 'delivery/3'], ['card/12', 'card/12'], ['', ''], ['12', '12'], ['その他 7', 'その他 7'],
])('understands «%s» as %s', (typed, code) => expect(objectCode(typed)).toBe(code));

it.each([
  ['card/12', 'カード 12'], ['staff/st-72fgp45qk35adqge', '職員'], ['unheard-of', 'unheard-of'], ['settings', '設定'], ['tenant/1/booking/01M8', '予約'], ['tenant/1', '自治体 1'],
])('calls %s «%s»', (object, name) => expect(objectName(object)).toBe(name));

it.each([
  ['null', ''], ['', ''], ['{"door":"lan"}', '入口: ブラウザー'], ['{"employee":true,"roles":["admin","x"]}', '本市の職員: はい、役割: システム管理者・x'],
  ['{"walkIn":"","counts":{"new":2}}', '件数: {新規: 2}'], ['no JSON', 'no JSON'],
])('reads the detail %s', (detail, words) => expect(readable(detail)).toBe(words));
