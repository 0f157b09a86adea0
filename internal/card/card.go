// Package card is the life of one 個人番号カード in the hands of the city: an
// append-only log of events, and the axes that they add up to (所在 custody,
// 手続 procedure, 通知 notice, 保留 holds). Every transition is a row of one
// table of rules with its guards; an undo is a new event that restores what
// was before. Writes tables card, card_event and hold.
package card

import "kofu/internal/fault"

// Procedure is the axis of the paperwork (手続状態).
type Procedure string

// The states of the common trunk and its side tracks.
const (
	Listed        Procedure = "LISTED"         // 納品予定
	Received      Procedure = "RECEIVED"       // 受領済
	Missing       Procedure = "MISSING"        // 欠品
	Inspected     Procedure = "INSPECTED"      // 検品済
	InspectFailed Procedure = "INSPECT_FAILED" // 検品不良
	Preset        Procedure = "PRESET"         // 交付前設定済
	Ready         Procedure = "READY"          // 交付可能
	Notified      Procedure = "NOTIFIED"       // 通知済
	HandedOver    Procedure = "HANDED_OVER"    // 交付済
	Withdrawn     Procedure = "WITHDRAWN"      // 交付取りやめ
	Voided        Procedure = "VOIDED"         // 取込取消
)

// Custody is where the card physically is (物理所在).
type Custody string

// The places of a card.
const (
	Expected     Custody = "EXPECTED"      // not here yet
	OnDesk       Custody = "ON_DESK"       // 作業中
	Vault        Custody = "VAULT"         // 保管中, with place and position
	Picked       Custody = "PICKED"        // 取出済
	Counter      Custody = "COUNTER"       // 窓口預り
	WithHolder   Custody = "WITH_HOLDER"   // 交付先
	NeverArrived Custody = "NEVER_ARRIVED" // 欠品
)

// Notice is the axis of the letter (通知).
type Notice string

// The states of the newest letter.
const (
	NoNotice Notice = ""
	Printed  Notice = "PRINTED"
	Posted   Notice = "POSTED"
)

// State is everything that an event changes. It is stored before and after
// every event. Days are 2026-11-21, empty while they have not come.
type State struct {
	Procedure    Procedure `json:"procedure"`
	Custody      Custody   `json:"custody"`
	Notice       Notice    `json:"notice,omitempty"`
	PlaceID      int64     `json:"placeId,omitempty"` // with custody VAULT
	Position     int       `json:"position,omitempty"`
	ReceivedOn   string    `json:"receivedOn,omitempty"`
	ReadyOn      string    `json:"readyOn,omitempty"`
	NoticeOn     string    `json:"noticeOn,omitempty"` // day of the last posting
	Deadline     string    `json:"deadline,omitempty"` // 受取期限 of the last letter
	HandedOverOn string    `json:"handedOverOn,omitempty"`
}

// Held reports whether the city has the card in its hands.
func (s State) Held() bool {
	switch s.Custody {
	case OnDesk, Vault, Picked, Counter:
		return true
	}
	return false
}

// final reports whether the life of the card has ended, so that neither holds
// nor registry events concern it any more.
func (s State) final() bool {
	return s.Procedure == HandedOver || s.Procedure == Voided
}

// Facts are what the delivery list says of a card. They never change.
type Facts struct {
	DeliveryID      int64
	BoxNo           string
	BoxSeq          string
	NoticeNo        string // 交付通知書番号 A1B-000123, unique within its delivery only
	ApplicationID   string // 申請書ID
	ApplicationKind string // 申請区分
	AppliedOn       string
	DeliveryMethod  string // 交付方式
	ExpiresOn       string // カード有効期限
	HasCertificate  bool
	Remark          string
	Name            string // exactly as received
	Address         string
	Birth           string
	NameKey         string // folded for comparing and searching
	GaijiSet        string // whose private-use characters name and address hold
}

// Card is one card as it stands.
type Card struct {
	ID      int64
	Version int // number of its events
	Facts
	State
	Kana       string
	ResidentID int64 // 0 while not linked
	Stops      int   // open holds that stop
	Warns      int   // open holds that warn
	Status     Status
}

// What look-ups and guards answer in more than one place.
var (
	errNotFound      = fault.New(fault.NotFound, "card.not_found")
	errNoHold        = fault.New(fault.NotFound, "card.hold_not_found")
	errNoEvent       = fault.New(fault.NotFound, "card.event_not_found")
	errChanged       = fault.New(fault.Conflict, "card.changed_meanwhile")
	errPositionTaken = fault.New(fault.Conflict, "card.position_taken")
)

// Status is the word that lists show (進捗), derived from the axes. Its wording
// and colour are settings.
type Status string

// The statuses, in the order of their rank; the first that applies is shown.
const (
	StatusVoided     Status = "VOIDED"
	StatusMissing    Status = "MISSING"
	StatusWithdrawn  Status = "WITHDRAWN"
	StatusHandedOver Status = "HANDED_OVER"
	StatusHeld       Status = "HELD"
	StatusNotified   Status = "NOTIFIED"
	StatusReady      Status = "READY"
	StatusInspecting Status = "INSPECTING"
	StatusReceived   Status = "RECEIVED"
	StatusListed     Status = "LISTED"
)

// Statuses lists every status in the order of a card's life, for choosing.
func Statuses() []Status {
	return []Status{
		StatusListed, StatusReceived, StatusInspecting, StatusReady, StatusNotified, StatusHandedOver,
		StatusHeld, StatusMissing, StatusWithdrawn, StatusVoided,
	}
}

// statusOf derives the status. 保留 is not shown on a card whose life has
// ended, nor over 欠品 and 交付取りやめ, which rank higher.
func statusOf(s State, stops int) Status {
	switch s.Procedure {
	case Voided:
		return StatusVoided
	case Missing:
		return StatusMissing
	case Withdrawn:
		return StatusWithdrawn
	case HandedOver:
		return StatusHandedOver
	}
	if stops > 0 {
		return StatusHeld
	}
	switch s.Procedure {
	case Notified:
		return StatusNotified
	case Ready:
		return StatusReady
	case Inspected, InspectFailed, Preset:
		return StatusInspecting
	case Received:
		return StatusReceived
	}
	return StatusListed
}
