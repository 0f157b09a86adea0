package notice

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/jpaddr"
	"kofu/internal/jpdate"
	"kofu/internal/keyring"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/vault"
)

// Order is what a clerk orders: letters and labels for some cards.
type Order struct {
	Cards     []int64 // empty: all that are due
	Stock     string
	StartCell int
	Sort      Sort
}

// Office is what a run needs beside the database.
type Office struct {
	DB    *store.DB
	Ring  *keyring.Ring
	Towns *jpaddr.Table // finds the postal codes that the registry leaves out
}

// Plan fixes the pieces of a new run: whom they go to, in which order, with a
// new link code each. Nothing is printed yet. Errors: fault.Invalid
// "notice.bad_order", fault.Conflict "notice.nothing_due" with the exclusions.
func Plan(ctx context.Context, o Office, actor store.Actor, order Order) (run Run, err error) {
	defer fault.Add(&err, "notice.Plan")
	if order.StartCell < 1 || !slices.Contains([]Sort{ByShelf, ByPost, ByKana, ByNumber}, order.Sort) || order.Stock == "" {
		return run, fault.New(fault.Invalid, "notice.bad_order")
	}
	err = o.DB.Write(ctx, actor, func(tx *store.Tx) error {
		run, err = plan(tx, o, order)
		return err
	})
	return run, err
}

func plan(tx *store.Tx, o Office, order Order) (Run, error) {
	s, err := settings.Load(tx.Rx)
	if err != nil {
		return Run{}, err
	}
	cards := order.Cards
	if len(cards) == 0 {
		if cards, err = readyCards(tx.Rx); err != nil {
			return Run{}, err
		}
	}
	due, excluded, err := sift(tx.Rx, tx.Actor, once(cards))
	if err != nil {
		return Run{}, err
	}
	if len(due) == 0 {
		return Run{}, fault.New(fault.Conflict, "notice.nothing_due", "count", fmt.Sprint(len(excluded)))
	}
	run, err := insertRun(tx, Run{
		State: Draft, Stock: order.Stock, StartCell: order.StartCell, Sort: order.Sort, Excluded: excluded,
		Deadline: deadline(tx.Now, s.Notice.DeadlineMonths), Pieces: len(due),
	})
	if err != nil {
		return Run{}, err
	}
	if err := insertPieces(tx, o, run, due); err != nil {
		return Run{}, err
	}
	return run, audit.Append(tx, "notice.planned", object(run.ID), map[string]any{"pieces": len(due), "excluded": len(excluded)})
}

// once drops what is named a second time: nobody gets two letters of one run.
func once(cards []int64) (list []int64) {
	seen := make(map[int64]bool, len(cards))
	for _, id := range cards {
		if !seen[id] {
			list = append(list, id)
		}
		seen[id] = true
	}
	return list
}

// deadline is the last day to collect the card: so many months from the day of
// printing, moved to a day on which the office is open.
func deadline(now time.Time, months int) string {
	return string(jpdate.Calendar{}.Deadline(jpdate.Day(store.Day(now)), months))
}

// insertPieces numbers the pieces in the order of the run and gives each a
// link code.
func insertPieces(tx *store.Tx, o Office, run Run, due []Candidate) error {
	pieces, err := arrange(tx.Rx, o.Towns, run.Sort, due)
	if err != nil {
		return err
	}
	for i, p := range pieces {
		p.Seq = i + 1
		if p.LinkID, err = issueCode(tx, o.Ring, p.CardID, run.ID, rand.Reader); err != nil {
			return err
		}
		if err := insertPiece(tx, run.ID, p); err != nil {
			return err
		}
	}
	return nil
}

// arrange makes the pieces and sorts them. Ties are broken by the notice
// number, so that the same cards always come in the same order.
func arrange(rx *store.Rx, towns *jpaddr.Table, by Sort, due []Candidate) ([]Piece, error) {
	type keyed struct {
		Piece
		key string
	}
	var all []keyed
	for _, c := range due {
		postal, address, building, gaijiSet := c.Address()
		if postal == "" && towns != nil {
			postal, _, _ = towns.FindPostal(address)
		}
		k := keyed{Piece: Piece{
			CardID: c.Card.ID, NoticeNo: c.Card.NoticeNo, Name: c.Name(), PostalCode: postal,
			Address: address, Building: building, GaijiSet: gaijiSet,
		}}
		switch by {
		case ByShelf:
			key, err := shelfKey(rx, c.Card)
			if err != nil {
				return nil, err
			}
			k.key = key
		case ByPost:
			k.key = postal + "/" + address
			if towns != nil {
				k.key = towns.SortKey(postal, address)
			}
		case ByKana:
			k.key = c.Card.Kana
		}
		all = append(all, k)
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.NoticeNo, b.NoticeNo), cmp.Compare(a.CardID, b.CardID))
	})
	pieces := make([]Piece, len(all))
	for i, k := range all {
		pieces[i] = k.Piece
	}
	return pieces, nil
}

// shelfKey is the walking order of the vault, then the position in the box.
func shelfKey(rx *store.Rx, c card.Card) (string, error) {
	if c.PlaceID == 0 {
		return "~", nil // not in the vault: last
	}
	p, err := vault.ByID(rx, c.PlaceID)
	return fmt.Sprintf("%s#%05d", p.Sort, c.Position), err
}

// Decide records what a person decided about characters without a glyph.
func Decide(ctx context.Context, db *store.DB, actor store.Actor, runID int64, decisions []Decision) (err error) {
	defer fault.Add(&err, "notice.Decide(%d)", runID)
	return db.Write(ctx, actor, func(tx *store.Tx) error {
		if _, err := inState(tx.Rx, runID, Draft); err != nil {
			return err
		}
		for _, d := range decisions {
			if err := d.check(); err != nil {
				return err
			}
			if err := saveDecision(tx, runID, d); err != nil {
				return err
			}
		}
		return audit.Append(tx, "notice.decided", object(runID), decisions)
	})
}

// Withhold leaves pieces out of a run that is not posted yet. Their link codes
// end, because no letter carries them.
func Withhold(tx *store.Tx, run Run, cards map[int64]Exclusion) (Run, error) {
	if len(cards) == 0 {
		return run, nil
	}
	for id, why := range cards {
		if err := holdOut(tx, run.ID, id); err != nil {
			return run, err
		}
		if err := Settle(tx, id, ""); err != nil {
			return run, err
		}
		run.Excluded = append(run.Excluded, why)
		run.Pieces--
	}
	slices.SortStableFunc(run.Excluded, func(a, b Exclusion) int { return cmp.Compare(a.CardID, b.CardID) })
	return run, saveExcluded(tx, run)
}

// Recheck leaves out the pieces whose cards must not get a letter any more,
// because a night's registry file came between, those whose name or address it
// changed, and those that cannot be printed, with the reason of each (a key of the catalogue).
func Recheck(ctx context.Context, db *store.DB, actor store.Actor, runID int64, unprintable map[int64]string) (run Run, err error) {
	defer fault.Add(&err, "notice.Recheck(%d)", runID)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if run, err = inState(tx.Rx, runID, Draft); err != nil {
			return err
		}
		pieces, err := Pieces(tx.Rx, runID)
		if err != nil {
			return err
		}
		out := map[int64]Exclusion{}
		for _, p := range pieces {
			if p.HeldOut {
				continue
			}
			c, err := candidate(tx.Rx, p.CardID)
			if err != nil {
				return err
			}
			if code, args := c.obstacle(tx.Rx, tx.Actor); code != "" {
				out[p.CardID] = Exclusion{CardID: p.CardID, Code: code, Args: args}
			} else if c.differs(p) {
				out[p.CardID] = Exclusion{CardID: p.CardID, Code: "notice.data_changed"}
			} else if code := unprintable[p.CardID]; code != "" {
				out[p.CardID] = Exclusion{CardID: p.CardID, Code: code}
			}
		}
		run, err = Withhold(tx, run, out)
		return err
	})
	return run, err
}

// MarkReady records that the PDFs of the run are made, with the fonts used.
func MarkReady(ctx context.Context, db *store.DB, actor store.Actor, runID int64, fonts any) (run Run, err error) {
	defer fault.Add(&err, "notice.MarkReady(%d)", runID)
	list, err := json.Marshal(fonts)
	if err != nil {
		return run, err
	}
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		if run, err = inState(tx.Rx, runID, Draft); err != nil {
			return err
		}
		done, err := onPieces(tx, runID, card.ActPrint, func(Piece) (card.Input, error) { return card.Input{Group: runGroup(runID)}, nil })
		if err != nil {
			return err
		}
		if err := setReady(tx, run, string(list)); err != nil {
			return err
		}
		if run, err = ByID(tx.Rx, runID); err != nil {
			return err
		}
		return audit.Append(tx, "notice.printed", object(runID), map[string]any{"pieces": done, "fonts": json.RawMessage(list)})
	})
	return run, err
}

// onPieces performs an act on the card of every piece that is not held out.
func onPieces(tx *store.Tx, runID int64, act card.Act, input func(Piece) (card.Input, error)) (int, error) {
	pieces, err := Pieces(tx.Rx, runID)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, p := range pieces {
		if p.HeldOut {
			continue
		}
		in, err := input(p)
		if err != nil {
			return done, err
		}
		if _, err := card.Do(tx, p.CardID, act, in); err != nil {
			return done, fmt.Errorf("piece %d: %w", p.Seq, err)
		}
		done++
	}
	return done, nil
}

func inState(rx *store.Rx, runID int64, want ...State) (Run, error) {
	run, err := ByID(rx, runID)
	if err == nil && !slices.Contains(want, run.State) {
		return run, fault.New(fault.Conflict, "notice.wrong_state", "run", run.No, "state", "@run_state."+string(run.State))
	}
	return run, err
}

func object(id int64) string   { return fmt.Sprintf("notice_run/%d", id) }
func runGroup(id int64) string { return fmt.Sprintf("run-%d", id) }
