package web

import (
	"net/http"
	"strings"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/progress"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// BulkFilter chooses cards as the list does.
type BulkFilter struct {
	Status    string `json:"status,omitempty"`
	Procedure string `json:"procedure,omitempty"`
	Custody   string `json:"custody,omitempty"`
	Hold      string `json:"hold,omitempty"`
	Due       string `json:"due,omitempty"`
	Q         string `json:"q,omitempty"`
	Lot       int64  `json:"lot,omitempty"`
	Place     int64  `json:"place,omitempty"`
	Sort      string `json:"sort,omitempty"`
}

func (f BulkFilter) filter() progress.Filter {
	return progress.Filter{
		Status: card.Status(f.Status), Procedure: card.Procedure(f.Procedure), Custody: card.Custody(f.Custody),
		Hold: card.Flag(f.Hold), Due: f.Due, Query: f.Q, Lot: f.Lot, Place: f.Place, Sort: f.Sort,
	}
}

// Bulk is one act on many cards: those named, or all that match the filter.
type Bulk struct {
	Act    string      `json:"act"`
	Filter *BulkFilter `json:"filter,omitempty"`
	IDs    []int64     `json:"ids,omitempty"`
	Reason string      `json:"reason,omitempty"`
	DryRun bool        `json:"dryRun"`
}

// BulkExclusion is why some of the cards are left alone.
type BulkExclusion struct {
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Count   int       `json:"count"`
	Cards   []CardRef `json:"cards"`
}

// BulkResult is what a bulk act did, or would do.
type BulkResult struct {
	Matched  int             `json:"matched"`
	Done     int             `json:"done"`
	Excluded []BulkExclusion `json:"excluded"`
	GroupID  string          `json:"groupId,omitempty"`
}

const maxNamed = 100 // cards that an exclusion names

// postBulk performs an act on many cards in one transaction: those that refuse
// are left out with their reason, all others change together and can be undone
// together.
func (s *server) postBulk(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Bulk](r)
	if err != nil {
		return err
	}
	act, known := simpleActs[in.Act]
	if !known || act == card.ActFailInspection {
		return fault.New(fault.Invalid, "card.unknown_act")
	}
	var did card.Bulk
	input := card.Input{Reason: in.Reason}
	if in.DryRun {
		err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
			ids, err := in.cards(rx)
			if err != nil {
				return err
			}
			did, err = card.PreviewAll(rx, actor, ids, act, input)
			return err
		})
	} else {
		err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
			ids, err := in.cards(tx.Rx)
			if err != nil {
				return err
			}
			did, err = card.PerformAll(tx, ids, act, input)
			return err
		})
	}
	if err != nil {
		return err
	}
	out := BulkResult{Matched: did.Matched, Done: did.Done, Excluded: []BulkExclusion{}, GroupID: did.Group}
	for _, refused := range did.Refused {
		out.exclude(refused.Card, refused.Err)
	}
	return staffweb.OK(w, out)
}

// cards are the cards that the act is meant for.
func (b Bulk) cards(rx *store.Rx) ([]int64, error) {
	f := progress.Filter{IDs: b.IDs}
	switch {
	case b.Filter != nil && len(b.IDs) == 0:
		f = b.Filter.filter()
	case len(b.IDs) == 0:
		return nil, fault.New(fault.Invalid, "card.none_chosen")
	}
	return progress.IDs(rx, f)
}

// exclude counts a card under its reason.
func (b *BulkResult) exclude(c card.Card, err error) {
	code, text := "internal", message.Of(err)
	if e, is := fault.As(err); is {
		code = e.Code
	}
	at := -1
	for i, e := range b.Excluded {
		if e.Message == text {
			at = i
		}
	}
	if at < 0 {
		b.Excluded = append(b.Excluded, BulkExclusion{Code: code, Message: text})
		at = len(b.Excluded) - 1
	}
	b.Excluded[at].Count++
	if len(b.Excluded[at].Cards) < maxNamed {
		b.Excluded[at].Cards = append(b.Excluded[at].Cards, CardRef{ID: c.ID, NoticeNo: c.NoticeNo})
	}
}

// Undone counts what a group undo took back.
type Undone struct {
	Undone int `json:"undone"`
}

func (s *server) postGroupUndo(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[Reason](r)
	if err != nil {
		return err
	}
	group := r.PathValue("id")
	if !strings.HasPrefix(group, card.BulkGroup) {
		return fault.New(fault.NotFound, "card.group_not_found")
	}
	var out Undone
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		if out.Undone, err = card.UndoGroup(tx, group, card.Undoing{Reason: in.Reason, Any: staffweb.May(r, staff.UndoAny)}); err != nil {
			return err
		}
		return audit.Append(tx, "card.undone", "group/"+group, out)
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}
