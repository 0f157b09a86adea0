// The wire types of the appliance's HTTP interface, one interface per answer.

export type Tone = 'ok' | 'same' | 'other' | 'warn' | 'error';

export interface Texts { version: string; texts: Record<string, string> }
export interface Setup { needed: boolean; practice: boolean }

export interface Me {
  id: string; login: string; name: string;
  roles: string[]; roleNames: string[]; permissions: string[];
  employee: boolean; token: string; door: 'desk' | 'lan'; practice: boolean;
  organization: string; today: string; version: string;
  idleMinutes: number; mustChangePassword: boolean;
}

export interface ErrorDetail { code: string; message: string; row?: number; column?: string; value?: string }
export interface ErrorBody { code: string; message: string; args?: Record<string, string>; details?: ErrorDetail[] }

export interface StatusCount { status: string; label: string; tone: Tone; count: number }
export interface HomeTask { key: string; label: string; count: number; href: string; tone: Tone }
export interface Balance { received: number; handedOver: number; destroyed: number; held: number; ok: boolean }
export interface Home {
  tasks: HomeTask[]; statuses: StatusCount[]; lots: Delivery[]; imports: ImportRun[]; balance: Balance;
}

export interface ImportProfile {
  id: string; name: string; kind: 'delivery' | 'registry'; encoding: string; fileHint: string; description: string;
}
export interface ImportCounts {
  new: number; changed: number; unchanged: number; rejected: number;
  linked: number; unlinked: number; holdsOpened: number; holdsClosed: number;
}
export interface Finding {
  row: number; column: string; value: string; code: string; message: string; severity: 'reject' | 'warn';
}
export interface Warning { code: string; message: string }
export interface Progress { done: number; total: number }
export interface ImportRun {
  id: number; profile: string; profileName: string; kind: string; fileName: string; size: number;
  sha256: string; encoding: string;
  state: 'previewed' | 'applying' | 'applied' | 'cancelled' | 'failed' | 'undone';
  rows: number; counts: ImportCounts; columns: string[]; sample: string[][];
  findings: Finding[]; findingsTotal: number; warnings: Warning[];
  candidates: { id: string; name: string }[]; progress: Progress;
  by: string; at: string; appliedAt: string; deliveryId?: number; undoable: boolean;
}

export interface DeliveryBox { no: string; expected: number; received: number }
export interface Delivery {
  id: number; lotNo: string; shippedOn: string; importedAt: string; state: 'open' | 'closed';
  expected: number; received: number; missing: number;
}
export interface DeliveryPage extends Delivery { boxes: DeliveryBox[] }
export interface ScanCard { id: number; noticeNo: string; name: string; before: string; after: string; place?: string }
export interface ScanResult {
  result: 'received' | 'twice' | 'not_in_lot' | 'unknown' | 'withdrawn' | 'held' | 'shelved' | 'moved' | 'refused' | 'place';
  tone: Tone; word: string; message: string; code: string; card?: ScanCard;
  counts?: { expected: number; received: number; missing: number };
  box?: DeliveryBox; place?: Place; eventId?: number; at: string;
}

export interface HoldChip { flag: string; label: string; severity: 'STOP' | 'WARN' }
export interface CardRow {
  id: number; version: number; noticeNo: string; lotNo: string; boxNo: string; name: string; kana: string;
  birth: string; address: string; status: string; statusLabel: string; statusTone: Tone; procedure: string;
  custody: string; place: string; receivedOn: string; noticeOn: string; deadline: string; kind: string;
  holds: HoldChip[];
}
export interface Paged<T> { total: number; rows: T[] }
export interface CardList { total: number; rows: CardRow[]; statuses: StatusCount[] }
export interface CardEvent {
  id: number; at: string; act: string; label: string; before: string; after: string; by: string;
  terminal: string; reason: string; undoneBy?: number; undoes?: number; undoable: boolean; refusal?: string;
}
export interface CardHold {
  id: number; flag: string; label: string; severity: 'STOP' | 'WARN'; reason: string; source: string;
  openedAt: string; openedBy: string; closedAt: string; closedBy: string; fromDay: string;
}
export interface CardNotice { runId: number; run: string; state: string; at: string; linkCodeState: string }
export interface CardAct { act: string; label: string; enabled: boolean; refusal?: string; needsReason: boolean }
export interface HandoverRecord {
  at: string; by: string; receiver: string; documents: string[]; oldCards: string[]; pinMethod: string;
}
export interface CardPage extends CardRow {
  applicationId: string; appliedOn: string; expiresOn: string; deliveryMethod: string; remark: string;
  householdNo: string; residentNo: string; sex: string;
  events: CardEvent[]; holdList: CardHold[]; notices: CardNotice[]; acts: CardAct[]; handover?: HandoverRecord;
}
export interface ActRequest {
  act: string; version: number; reason?: string; holdId?: number; severity?: string; code?: string;
}
export interface BulkFilter {
  status?: string; procedure?: string; custody?: string; hold?: string; due?: string; q?: string; lot?: number; place?: number; sort?: string;
}
export interface Bulk { act: string; filter?: BulkFilter; ids?: number[]; dryRun: boolean; reason?: string }
export interface BulkResult {
  matched: number; done: number; groupId?: string;
  excluded: { code: string; message: string; count: number; cards: { id: number; noticeNo: string }[] }[];
}
export interface Choice { code: string; label: string }
export interface HandoverDocument { code: string; label: string; group: string; groupLabel: string }
export interface HandoverForm {
  documents: HandoverDocument[]; proxyReasons: Choice[]; oldCards: Choice[]; oldCardAnswers: Choice[];
  walkInReasons: Choice[]; pinMethods: Choice[]; receivers: Choice[];
}
export interface HandoverRequest {
  version: number; cardScan: string; noticeScan?: string; walkInReason?: string;
  receiver: 'self' | 'legal' | 'proxy'; proxyReason?: string; documents: string[];
  oldCards: Record<string, string>; pinMethod: 'holder' | 'staff' | 'face';
}

export interface Place {
  id: number; parentId: number | null; kind: 'office' | 'vault' | 'shelf' | 'box';
  code: string; name: string; path: string; capacity: number; used: number; nextPosition: number | null;
}
export interface NewPlace { parentId: number | null; kind: string; name: string; capacity: number; count: number }

export interface LabelStock {
  id: string; name: string; maker: string; paper: string; columns: number; rows: number;
  labelW: number; labelH: number; barcode: boolean;
}
export interface Excluded { code: string; message: string; count: number }
export interface DueList { total: number; rows: CardRow[]; excluded: Excluded[] }
export interface GlyphFinding {
  key: string; cardId: number; noticeNo: string; name: string; field: string; cluster: string;
  codepoint: string; cp932: string; state: 'OK_BITMAP' | 'VARIANT_BASE_ONLY' | 'MISSING';
  candidates: string[]; decision?: string;
}
export interface PrintRun {
  id: number; no: string; state: 'needs_decision' | 'checked' | 'rendering' | 'ready' | 'posted' | 'cancelled';
  stock: string; order: string; startCell: number; pieces: number; sheets: number; by: string; at: string;
  excluded: { cardId: number; noticeNo: string; name: string; code: string; message: string }[];
  glyphs: GlyphFinding[];
  overflow: { cardId: number; noticeNo: string; name: string; field: string; message: string }[];
  noBarcode: { cardId: number; noticeNo: string; address: string; message: string }[];
  fonts: { name: string; sha256: string; role: string }[]; progress: Progress;
}
export interface Font { name: string; role: 'text' | 'eudc'; gaijiSet: string; sha256: string; glyphs: number }

export interface StaffRow {
  id: string; login: string; name: string; roles: string[]; employee: boolean; disabled: boolean; lastLoginAt?: string;
}
export interface NewStaff { login: string; name: string; roles: string[]; employee: boolean }
export interface StaffCreated extends StaffRow { initialPassword: string }
export interface Role { id: string; name: string; permissions: string[] }

export interface Connection { urls: string[]; qrSvg: string; fingerprint: string; caUrl: string }
export interface AuditRow {
  seq: number; at: string; actor: string; terminal: string; action: string; label: string;
  object: string; detail: string; result: string;
}
export interface AuditList { total: number; rows: AuditRow[]; checkpoint: { size: number; root: string; at: string } }

export interface BringList { route: string; age: string; title: string; items: string[] }
export interface Printer { name: string; offsetX: number; offsetY: number; scaleX: number; scaleY: number }
export interface OwnStock {
  id: string; name: string; maker: string; paper: string; paperW: number; paperH: number; columns: number; rows: number;
  labelW: number; labelH: number; pitchX: number; pitchY: number; left: number; top: number;
}
export interface Settings {
  version: number;
  organization: { name: string; section: string; postal: string; address: string; phone: string; returnTo: string };
  pickup: { place: string; floor: string; address: string; hours: string; phone: string };
  notice: {
    deadlineMonths: number; bookingUrl: string; title: string; paragraphs: string[]; bringItems: BringList[];
    order: string; stock: string; honorific: string;
  };
  printers: Printer[]; statusLabels: Record<string, string>; idleMinutes: number;
  registryGaiji: string; deliveryGaiji: string; lan: { names: string[]; addresses: string[] };
  stocks: OwnStock[]; towns: { pref: string; city: string; town: string; zip7: string }[];
}
