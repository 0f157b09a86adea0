package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"

	"kofu/internal/courier"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/seal"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// MediumBundle names a bundle on a medium.
type MediumBundle struct {
	MediumID string `json:"mediumId"`
	Name     string `json:"name"`
}

// Incoming is a bundle that was read and not taken in yet.
type Incoming struct {
	ID       string `json:"id"`
	File     string `json:"file"`
	Size     int64  `json:"size"`
	Created  string `json:"created"`
	NotAfter string `json:"notAfter"`
	N        int    `json:"n"`
	New      int64  `json:"new"`
	Known    bool   `json:"known"`   // it was taken in before, or holds nothing new
	Missing  bool   `json:"missing"` // earlier events have not arrived: it will be refused
	PutBack  bool   `json:"putBack"` // the booking service was put back: it must be accepted
	Stale    string `json:"stale"`   // why it is of no use, in words: it is from before the booking service was put back
}

// TakeRequest takes in a bundle that was read.
type TakeRequest struct {
	Way    string `json:"way" ts:"'medium' | 'file' | 'https'"`
	No     string `json:"no,omitempty"`     // on the label of the medium
	Accept bool   `json:"accept,omitempty"` // the booking service was put back, and that is right
}

// TakenCount is how many events of a kind were new.
type TakenCount struct {
	Label string `json:"label"`
	N     int    `json:"n"`
}

// TakenResult is what taking in a bundle did.
type TakenResult struct {
	Applied int          `json:"applied"`
	Skipped int          `json:"skipped"`
	Counts  []TakenCount `json:"counts"`
	Cases   int          `json:"cases"`   // new lines of the list 「要連絡」
	Restore bool         `json:"restore"` // counts are to be confirmed now
	Refused string       `json:"refused"` // why the booking service has not taken our bundle in, in words
	Silent  bool         `json:"silent"`  // the booking service has our answer, and says nothing until its people have compared the counts
	Waiting int64        `json:"waiting"` // own events that have not arrived
	// Answer is what came by HTTPS of a booking service that was put back, and was
	// not taken in: somebody must accept it.
	Answer *Incoming `json:"answer,omitempty"`
}

// LossRequest records a lost medium.
type LossRequest struct {
	Direction string `json:"direction" ts:"'out' | 'in'"`
	BundleID  string `json:"bundleId,omitempty"` // of ours
	No        string `json:"no,omitempty"`       // on the label of the medium
}

func (s *server) exchangeInRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "POST /api/exchange/incoming", Permission: staff.ExchangeCarry, Handle: s.postIncoming, Out: Incoming{}, Limit: seal.SizeLimit + gate.JSONLimit},
		{Pattern: "POST /api/exchange/incoming/from-medium", Permission: staff.ExchangeCarry, Handle: s.postIncomingMedium, In: MediumBundle{}, Out: Incoming{}},
		{Pattern: "POST /api/exchange/incoming/{incoming}/take", Permission: staff.ExchangeCarry, Handle: s.postTake, In: TakeRequest{}, Out: TakenResult{}},
		{Pattern: "POST /api/exchange/sync", Permission: staff.ExchangeCarry, Handle: s.postSync, Out: TakenResult{}},
		{Pattern: "POST /api/exchange/losses", Permission: staff.ExchangeCarry, Handle: s.postLoss, In: LossRequest{}, Out: ExchangeState{}},
		{Pattern: "POST /api/exchange/restore", Permission: staff.ExchangeKeys, Handle: s.postRestore, Out: ExchangeState{}},
		{Pattern: "POST /api/exchange/restore/confirmation", Permission: staff.ExchangeKeys, Handle: s.postRestoreConfirmation, Out: ExchangeState{}},
	}
}

func (s *server) postIncoming(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(fault.BadRequest, "import.bad_form").Because(err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fault.New(fault.Invalid, "import.no_file")
		}
		if err != nil {
			return fault.New(fault.BadRequest, "import.bad_form").Because(err)
		}
		if part.FormName() == "file" {
			return s.replyIncoming(w, r, part.FileName(), arriving{part})
		}
	}
}

func (s *server) postIncomingMedium(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	in, err := staffweb.Decode[MediumBundle](r)
	if err != nil {
		return err
	}
	medium, err := s.Media.ByID(in.MediumID)
	if err != nil {
		return err
	}
	file, err := medium.Open(in.Name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	return s.replyIncoming(w, r, in.Name, file)
}

// replyIncoming answers with what a bundle says that was kept.
func (s *server) replyIncoming(w http.ResponseWriter, r *http.Request, name string, from io.Reader) error {
	in, err := s.incoming(r.Context(), from, exchange.ByFile)
	if err != nil {
		return err
	}
	in.File = name
	return staffweb.OK(w, in)
}

// incoming keeps a copy of a bundle and says what it is. A medium may be pulled out
// from then on.
func (s *server) incoming(ctx context.Context, from io.Reader, way exchange.Way) (in Incoming, err error) {
	staged, err := s.office().Stage(from, way)
	if err != nil {
		return in, err
	}
	file, err := os.Open(staged.Path)
	if err != nil {
		return in, err
	}
	look, err := s.office().Look(ctx, file)
	if err = errors.Join(err, file.Close()); err != nil {
		return in, errors.Join(err, os.Remove(staged.Path))
	}
	in = Incoming{
		ID: staged.ID, File: look.FileName(), Size: staged.Size, Created: look.Created, NotAfter: look.NotAfter, N: look.N, New: look.New,
		Known: look.Answered, Missing: look.Missing, PutBack: look.PutBack,
	}
	if look.Stale {
		in.Stale = message.Text("relay.E-STALE", nil)
	}
	return in, nil
}

// postTake takes in a bundle that was read before.
func (s *server) postTake(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[TakeRequest](r)
	if err != nil {
		return err
	}
	way := exchange.Way(in.Way)
	switch {
	case way != exchange.ByFile && way != exchange.ByMedium && way != exchange.ByHTTPS:
		return fault.New(fault.Invalid, "exchange.bad_content")
	case in.Accept && !staffweb.May(r, staff.ExchangeKeys):
		return fault.New(fault.Forbidden, "gate.forbidden", "permission", string(staff.ExchangeKeys))
	}
	var taken exchange.Taken
	err = s.trades.one(func() error {
		taken, err = s.take(r, actor, way, in)
		return err
	})
	if err != nil {
		return err
	}
	return s.replyTaken(w, r, taken, TakenResult{})
}

func (s *server) take(r *http.Request, actor store.Actor, way exchange.Way, in TakeRequest) (taken exchange.Taken, err error) {
	file, err := s.office().OpenStaged(r.PathValue("incoming"), way)
	if err != nil {
		return taken, err
	}
	defer func() { _ = file.Close() }() // it was only read
	take := s.office().Import
	if in.Accept {
		take = s.office().Accept
	}
	return take(r.Context(), actor, file, way, exchange.Medium{No: in.No})
}

// postSync sends and fetches by HTTPS. What a booking service answers that was put
// back is kept like a file that was read, for somebody to accept.
func (s *server) postSync(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	var trip courier.Trip
	var out TakenResult
	err := s.trades.one(func() (err error) {
		trip, err = courier.Carry(r.Context(), s.office(), actor)
		if trip.Answer == nil {
			return err
		}
		answer, err := s.incoming(r.Context(), bytes.NewReader(trip.Answer), exchange.ByHTTPS)
		out.Answer = &answer
		return err
	})
	if err != nil {
		return err
	}
	out.Silent = trip.Silent
	if trip.Refused != "" {
		out.Refused = message.Text(trip.Refused, nil)
	}
	return s.replyTaken(w, r, trip.Taken, out)
}

// replyTaken answers with what a bundle brought, kinds with the same word together,
// beside what out says already.
func (s *server) replyTaken(w http.ResponseWriter, r *http.Request, t exchange.Taken, out TakenResult) error {
	out.Applied, out.Skipped, out.Counts, out.Cases, out.Restore = t.Applied, t.Skipped, []TakenCount{}, t.Cases, t.Restore
	for _, kind := range slices.Sorted(maps.Keys(t.Counts)) {
		label := staffweb.Word("exchange.event.", kind)
		at := slices.IndexFunc(out.Counts, func(c TakenCount) bool { return c.Label == label })
		if at < 0 {
			at = len(out.Counts)
			out.Counts = append(out.Counts, TakenCount{Label: label})
		}
		out.Counts[at].N += t.Counts[kind]
	}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out.Waiting, err = waiting(rx)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// postLoss records a lost medium: one of ours is for the booking service to answer
// with a new key, one of theirs for this side.
func (s *server) postLoss(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[LossRequest](r)
	if err != nil {
		return err
	}
	return s.replyExchange(w, r, actor, s.trades.one(func() error {
		switch {
		case in.Direction == "out":
			return s.office().Lost(r.Context(), actor, in.BundleID)
		case in.Direction != "in":
			return fault.New(fault.Invalid, "exchange.bad_content")
		case !staffweb.May(r, staff.ExchangeKeys):
			return fault.New(fault.Forbidden, "gate.forbidden", "permission", string(staff.ExchangeKeys))
		}
		return s.office().LostComing(r.Context(), actor, in.No)
	}))
}

func (s *server) postRestore(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.replyExchange(w, r, actor, s.trades.one(func() error { return s.office().Restored(r.Context(), actor) }))
}

func (s *server) postRestoreConfirmation(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	return s.replyExchange(w, r, actor, s.trades.one(func() error { return s.office().ConfirmRestore(r.Context(), actor) }))
}
