package web

import (
	"fmt"
	"net/http"
	"strconv"

	"kofu/internal/card"
	"kofu/internal/counter"
	"kofu/internal/jpdate"
	"kofu/internal/message"
	"kofu/internal/paper"
	"kofu/internal/staffweb"
	"kofu/internal/store"
	"kofu/internal/vault"
)

// PickRow is a card to fetch.
type PickRow struct {
	CardID   int64  `json:"cardId"`
	NoticeNo string `json:"noticeNo"`
	Place    string `json:"place"`
	Position int    `json:"position"`
	WindowID string `json:"windowId"`
	Window   string `json:"window"`
	Start    string `json:"start"`
	No       string `json:"no"`
	Done     bool   `json:"done"`
	Problem  string `json:"problem"` // in words, '' for none
}

// PickList are the cards of those who come on a day, in walking order.
type PickList struct {
	Day      string    `json:"day"`
	At       string    `json:"at"` // of the list: what is new since then is on the next one
	Rows     []PickRow `json:"rows"`
	ToDo     int       `json:"toDo"`
	Done     int       `json:"done"`
	Problems int       `json:"problems"`
}

// PickScan is one scan at the shelf. Without a day it is the next one.
type PickScan struct {
	Day  string `json:"day,omitempty"`
	Code string `json:"code"`
}

func pickList(rx *store.Rx, r *http.Request) (out PickList, err error) {
	q := r.URL.Query()
	out = PickList{At: store.Stamp(rx.Now), Rows: []PickRow{}}
	next, err := counter.NextDay(rx, rx.Today())
	if err != nil {
		return out, err
	}
	if out.Day, err = dayOr(q, next); err != nil {
		return out, err
	}
	list, err := counter.Picks(rx, out.Day, q.Get("window"), q.Get("since"))
	if err != nil {
		return out, err
	}
	for _, p := range list {
		starts, err := store.ParseStamp(p.Starts)
		if err != nil {
			return out, err
		}
		row := PickRow{
			CardID: p.CardID, NoticeNo: p.NoticeNo, Place: p.Place, Position: p.Position, WindowID: p.WindowID, Window: p.Window,
			Start: starts.In(store.Tokyo).Format("15:04"), No: p.No, Done: p.Done() && p.Problem == "",
		}
		switch {
		case p.Problem != "":
			row.Problem = message.Text("counter.problem."+p.Problem, nil)
			out.Problems++
		case row.Done:
			out.Done++
		default:
			out.ToDo++
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func (s *server) getPicks(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	var out PickList
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		out, err = pickList(rx, r)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// getPicksPDF prints the list for the way past the shelves. There is nothing of a
// person on it.
func (s *server) getPicksPDF(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	var list PickList
	err := s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		list, err = pickList(rx, r)
		return err
	})
	if err != nil {
		return err
	}
	press, err := s.lists.Press(s.Clock())
	if err != nil {
		return err
	}
	word := func(code string) string { return message.Text("counter.pick."+code, nil) }
	t := paper.Tables{
		Press: press, Title: word("title"), Condition: message.Text("counter.pick.condition", map[string]string{"day": jpdate.Day(list.Day).Japanese()}),
		By: actor.Name, At: s.Clock().In(store.Tokyo).Format("2006-01-02 15:04"), Notes: []string{word("note")},
		Parts: []paper.TablePart{pickPart(list.Rows, word)},
	}
	return staffweb.ServePDF(w, r, s.Spool, word("title")+"_"+list.Day+".pdf", func(out *staffweb.SpoolFile) error {
		return t.Render(r.Context(), out)
	})
}

// pickPart has one row for each card, with a box to tick.
func pickPart(list []PickRow, word func(string) string) paper.TablePart {
	part := paper.TablePart{Empty: word("empty"), Columns: []paper.TableColumn{
		{Heading: word("tick")},
		{Heading: word("seq"), Right: true},
		{Heading: word("place")},
		{Heading: word("position"), Right: true},
		{Heading: word("notice_no")},
		{Heading: word("window")},
		{Heading: word("start")},
		{Heading: word("no")},
		{Heading: word("remark")},
	}}
	for i, p := range list {
		position, tick, remark := "", "□", p.Problem
		if p.Position > 0 {
			position = strconv.Itoa(p.Position)
		}
		switch {
		case p.Problem != "":
			tick = "×"
		case p.Done:
			tick, remark = "■", word("fetched")
		}
		part.Rows = append(part.Rows, []string{tick, strconv.Itoa(i + 1), p.Place, position, p.NoticeNo, p.Window, p.Start, p.No, remark})
	}
	return part
}

// postPick takes the card that was scanned out of the vault.
func (s *server) postPick(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[PickScan](r)
	if err != nil {
		return err
	}
	var f counter.Fetched
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) (err error) {
		if in.Day == "" {
			if in.Day, err = counter.NextDay(tx.Rx, tx.Today()); err != nil {
				return err
			}
		}
		f, err = counter.Fetch(tx, s.Ring, in.Day, in.Code)
		return err
	})
	if err != nil {
		return err
	}
	code := "picked"
	if f.Again {
		code = "picked_twice"
	}
	out := s.scanned(f.Change, code, map[string]string{"no": f.NoticeNo, "window": f.Window, "booking": f.No})
	if f.Again {
		out.Result, out.Tone = "twice", staffweb.ToneSame
	}
	return staffweb.OK(w, out)
}

// scanned is the answer to a scan that moved a card.
func (s *server) scanned(change card.Change, code string, args map[string]string) ScanResult {
	c := change.Card
	return ScanResult{
		Result: "moved", Tone: staffweb.ToneOK, Code: c.NoticeNo, EventID: change.EventID, At: store.Stamp(s.Clock()),
		Word: message.Text("scan."+code+".word", nil), Message: message.Text("scan."+code, args),
		Card: &ScannedCard{ID: c.ID, NoticeNo: c.NoticeNo, Name: c.Name, GaijiSet: c.GaijiSet, Before: stateWords(change.Before), After: stateWords(c.State)},
	}
}

// ReturnRow is a card that goes back to the vault.
type ReturnRow struct {
	CardID   int64  `json:"cardId"`
	NoticeNo string `json:"noticeNo"`
	Custody  string `json:"custody"` // in words
	Reason   string `json:"reason"`  // in words
	No       string `json:"no"`
	Place    string `json:"place"`
}

func (s *server) getReturns(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := []ReturnRow{}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		list, err := counter.Returns(rx)
		for _, one := range list {
			row := ReturnRow{CardID: one.CardID, NoticeNo: one.NoticeNo, Custody: staffweb.Word("custody.", string(one.Custody)), No: one.No}
			row.Reason = message.Text("counter.no_booking", nil)
			if one.Reason != "" {
				row.Reason = staffweb.Word("booking.state.", string(one.Reason))
			}
			if one.Place != "" {
				row.Place = fmt.Sprintf("%s › %d", one.Place, one.Position)
			}
			out = append(out, row)
		}
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

// postReturn puts the card that was scanned back to where it lay.
func (s *server) postReturn(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[PickScan](r)
	if err != nil {
		return err
	}
	var done vault.Shelved
	err = s.DB.Join(r.Context(), actor, func(tx *store.Tx) (err error) {
		done, err = counter.PutBack(tx, s.Ring, in.Code)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, s.scanned(done.Change, "returned", map[string]string{
		"no": done.Change.Card.NoticeNo, "place": done.Place.Path, "position": strconv.Itoa(done.Position),
	}))
}
