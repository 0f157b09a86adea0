package notice

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kofu/internal/fault"
	"kofu/internal/store"
)

// readyCards are the cards whose first letter may be due.
func readyCards(rx *store.Rx) (ids []int64, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, "SELECT id FROM card WHERE procedure = 'READY' AND notice = '' ORDER BY id")
	return ids, err
}

// inOpenRun names the run that already has a piece for the card, or "".
func inOpenRun(rx *store.Rx, cardID int64) (no string, err error) {
	err = rx.Row(`
SELECT COALESCE(MAX(r.no), '') FROM notice_piece p JOIN notice_run r ON r.id = p.run_id
WHERE p.card_id = $1 AND p.held_out = 0 AND r.state IN ('draft', 'ready')`, cardID).Scan(&no)
	return no, err
}

const runColumns = `
r.id, r.no, r.state, r.stock, r.start_cell, r.sort, r.deadline, r.fonts, r.excluded, r.created_at, r.created_by, r.ready_at, r.posted_on, r.reason,
(SELECT count(*) FROM notice_piece p WHERE p.run_id = r.id AND p.held_out = 0)`

func scanRun(scan func(...any) error) (r Run, err error) {
	var excluded string
	if err := scan(&r.ID, &r.No, &r.State, &r.Stock, &r.StartCell, &r.Sort, &r.Deadline, &r.Fonts, &excluded,
		&r.CreatedAt, &r.CreatedBy, &r.ReadyAt, &r.PostedOn, &r.Reason, &r.Pieces); err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(excluded), &r.Excluded)
}

// ByID returns a run. Error: fault.NotFound "notice.not_found".
func ByID(rx *store.Rx, id int64) (Run, error) {
	r, err := scanRun(rx.Row("SELECT "+runColumns+" FROM notice_run r WHERE r.id = $1", id).Scan)
	if errors.Is(err, store.ErrNoRows) {
		return Run{}, fault.New(fault.NotFound, "notice.not_found")
	}
	return r, err
}

// Runs returns the newest runs.
func Runs(rx *store.Rx, limit int) (runs []Run, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		r, err := scanRun(scan)
		runs = append(runs, r)
		return err
	}, "SELECT "+runColumns+" FROM notice_run r ORDER BY r.id DESC LIMIT $1", limit)
	return runs, err
}

const pieceColumns = `p.id, p.seq, p.card_id, c.notice_no, p.name, p.postal_code, p.address, p.building, p.gaiji_set, COALESCE(p.link_id, 0), p.held_out`

// Pieces returns the pieces of a run in their order, those held out included.
func Pieces(rx *store.Rx, runID int64) (pieces []Piece, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var p Piece
		err := scan(&p.ID, &p.Seq, &p.CardID, &p.NoticeNo, &p.Name, &p.PostalCode, &p.Address, &p.Building, &p.GaijiSet, &p.LinkID, &p.HeldOut)
		pieces = append(pieces, p)
		return err
	}, "SELECT "+pieceColumns+" FROM notice_piece p JOIN card c ON c.id = p.card_id WHERE p.run_id = $1 ORDER BY p.seq", runID)
	return pieces, err
}

// Decisions returns what was decided for a run.
func Decisions(rx *store.Rx, runID int64) (all []Decision, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var d Decision
		err := scan(&d.Key, &d.Kind, &d.Substitute)
		all = append(all, d)
		return err
	}, "SELECT key, decision, substitute FROM notice_decision WHERE run_id = $1 ORDER BY key", runID)
	return all, err
}

// OfCard is a letter that a card got.
type OfCard struct {
	RunID     int64
	RunNo     string
	State     State
	At        string // day of posting, or instant of printing
	CodeState string // issued, renewed, closed or ""
}

// LettersOf returns the letters of a card, newest first.
func LettersOf(rx *store.Rx, cardID int64) (all []OfCard, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var o OfCard
		err := scan(&o.RunID, &o.RunNo, &o.State, &o.At, &o.CodeState)
		all = append(all, o)
		return err
	}, `
SELECT r.id, r.no, r.state, CASE WHEN r.posted_on <> '' THEN r.posted_on ELSE r.created_at END, COALESCE(l.state, '')
FROM notice_piece p JOIN notice_run r ON r.id = p.run_id LEFT JOIN link_code l ON l.id = p.link_id
WHERE p.card_id = $1 AND p.held_out = 0 ORDER BY r.id DESC`, cardID)
	return all, err
}

// insertRun numbers the run within its day.
func insertRun(tx *store.Tx, r Run) (Run, error) {
	excluded, err := json.Marshal(orEmpty(r.Excluded))
	if err != nil {
		return r, err
	}
	day := tx.Today()
	prefix := day[:4] + "-" + day[5:7] + day[8:] + "-"
	var count int
	if err := tx.Row("SELECT count(*) FROM notice_run WHERE substr(no, 1, 10) = $1", prefix).Scan(&count); err != nil {
		return r, err
	}
	r.No, r.CreatedAt, r.CreatedBy = fmt.Sprintf("%s%02d", prefix, count+1), store.Stamp(tx.Now), tx.Actor.Name
	err = tx.Row(`
INSERT INTO notice_run (no, state, stock, start_cell, sort, deadline, excluded, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		r.No, string(r.State), r.Stock, r.StartCell, string(r.Sort), r.Deadline, string(excluded), r.CreatedAt, r.CreatedBy).Scan(&r.ID)
	return r, err
}

func orEmpty(list []Exclusion) []Exclusion {
	if list == nil {
		return []Exclusion{}
	}
	return list
}

func insertPiece(tx *store.Tx, runID int64, p Piece) error {
	_, err := tx.Exec(`
INSERT INTO notice_piece (run_id, seq, card_id, name, postal_code, address, building, gaiji_set, link_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		runID, p.Seq, p.CardID, p.Name, p.PostalCode, p.Address, p.Building, p.GaijiSet, p.LinkID)
	return err
}

func holdOut(tx *store.Tx, runID, cardID int64) error {
	_, err := tx.Exec("UPDATE notice_piece SET held_out = 1 WHERE run_id = $1 AND card_id = $2", runID, cardID)
	return err
}

func saveExcluded(tx *store.Tx, r Run) error {
	excluded, err := json.Marshal(orEmpty(r.Excluded))
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE notice_run SET excluded = $1 WHERE id = $2", string(excluded), r.ID)
	return err
}

func saveDecision(tx *store.Tx, runID int64, d Decision) error {
	_, err := tx.Exec(`
INSERT INTO notice_decision (run_id, key, decision, substitute, decided_at, decided_by) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (run_id, key) DO UPDATE SET decision = excluded.decision, substitute = excluded.substitute,
    decided_at = excluded.decided_at, decided_by = excluded.decided_by`,
		runID, d.Key, d.Kind, d.Substitute, store.Stamp(tx.Now), tx.Actor.ID)
	return err
}

func setReady(tx *store.Tx, r Run, fonts string) error {
	return step(tx, r, "UPDATE notice_run SET state = 'ready', ready_at = $1, fonts = $2 WHERE id = $3 AND state = 'draft'", store.Stamp(tx.Now), fonts)
}

func setPosted(tx *store.Tx, r Run, day string) error {
	return step(tx, r, "UPDATE notice_run SET state = 'posted', posted_on = $1, posted_by = $2 WHERE id = $3 AND state = 'ready'", day, tx.Actor.Name)
}

func setUnposted(tx *store.Tx, r Run) error {
	return step(tx, r, "UPDATE notice_run SET state = 'ready', posted_on = $1, posted_by = $2 WHERE id = $3 AND state = 'posted'", "", "")
}

func setCancelled(tx *store.Tx, r Run, reason string) error {
	return step(tx, r, "UPDATE notice_run SET state = 'cancelled', reason = $1, fonts = $2 WHERE id = $3 AND state IN ('draft', 'ready')", reason, r.Fonts)
}

// step moves a run on from the state that was seen.
func step(tx *store.Tx, r Run, update, first, second string) error {
	n, err := tx.Exec(update, first, second, r.ID)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "notice.wrong_state", "run", r.No, "state", "@run_state."+string(r.State))
	}
	return err
}

func instantOf(s string) time.Time {
	t, err := store.ParseStamp(s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func macTaken(rx *store.Rx, mac string) (taken bool, err error) {
	err = rx.Row("SELECT EXISTS (SELECT 1 FROM link_code WHERE mac = $1)", mac).Scan(&taken)
	return taken, err
}

func insertCode(tx *store.Tx, cardID, runID int64, sealed, mac string) (id int64, err error) {
	err = tx.Row("INSERT INTO link_code (card_id, sealed, mac, state, issued_at, run_id) VALUES ($1, $2, $3, 'issued', $4, $5) RETURNING id",
		cardID, sealed, mac, store.Stamp(tx.Now), runID).Scan(&id)
	return id, err
}

func sealedCode(rx *store.Rx, id int64) (sealed string, err error) {
	err = rx.Row("SELECT sealed FROM link_code WHERE id = $1", id).Scan(&sealed)
	return sealed, err
}

func letterOfCode(rx *store.Rx, id int64) (runID int64, state, sealed string, err error) {
	err = rx.Row("SELECT l.run_id, r.state, l.sealed FROM link_code l JOIN notice_run r ON r.id = l.run_id WHERE l.id = $1", id).
		Scan(&runID, &state, &sealed)
	return runID, state, sealed, err
}

func eachCode(rx *store.Rx, fn func(cardID, id int64, sealed string) error) error {
	return rx.Query(func(scan func(...any) error) error {
		var cardID, id int64
		var sealed string
		if err := scan(&cardID, &id, &sealed); err != nil {
			return err
		}
		return fn(cardID, id, sealed)
	}, "SELECT card_id, id, sealed FROM link_code ORDER BY CASE state WHEN 'issued' THEN 0 ELSE 1 END, id DESC")
}

func endCodes(tx *store.Tx, cardID int64, state string) error {
	_, err := tx.Exec("UPDATE link_code SET state = $1, ended_at = $2 WHERE card_id = $3 AND state = 'issued'", state, store.Stamp(tx.Now), cardID)
	return err
}

// liveCode is the id of the card's living code, 0 for none.
func liveCode(rx *store.Rx, cardID int64) (id int64, err error) {
	err = rx.Row("SELECT COALESCE(MAX(id), 0) FROM link_code WHERE card_id = $1 AND state = 'issued'", cardID).Scan(&id)
	return id, err
}

func reviveCode(tx *store.Tx, id int64) error {
	_, err := tx.Exec("UPDATE link_code SET state = 'issued', ended_at = '' WHERE id = $1", id)
	return err
}

// lettersOf are the letters of a card that count, newest first.
func lettersOf(rx *store.Rx, cardID int64) (letters []letter, err error) {
	err = rx.Query(func(scan func(...any) error) error {
		var l letter
		err := scan(&l.linkID, &l.runID, &l.state)
		letters = append(letters, l)
		return err
	}, `
SELECT COALESCE(p.link_id, 0), r.id, r.state FROM notice_piece p JOIN notice_run r ON r.id = p.run_id
WHERE p.card_id = $1 AND p.held_out = 0 AND r.state <> 'cancelled' ORDER BY r.id DESC`, cardID)
	return letters, err
}

func cardByMAC(rx *store.Rx, mac string) (cardID int64, live, ok bool, err error) {
	err = rx.Row("SELECT card_id, state = 'issued' FROM link_code WHERE mac = $1", mac).Scan(&cardID, &live)
	if errors.Is(err, store.ErrNoRows) {
		return 0, false, false, nil
	}
	return cardID, live, err == nil, err
}
