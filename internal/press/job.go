package press

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kofu/internal/card"
	"kofu/internal/fault"
	"kofu/internal/glyph"
	"kofu/internal/jpaddr"
	"kofu/internal/jpdate"
	"kofu/internal/keyring"
	"kofu/internal/message"
	"kofu/internal/notice"
	"kofu/internal/paper"
	"kofu/internal/resident"
	"kofu/internal/scancode"
	"kofu/internal/settings"
	"kofu/internal/store"
)

// Office is what printing needs.
type Office struct {
	DB    *store.DB
	Ring  *keyring.Ring
	Fonts *Fonts
}

// job is a run with everything that its paper shows.
type job struct {
	run       notice.Run
	pieces    []notice.Piece // those not held out
	planned   int            // all pieces, the total in the serial numbers
	decisions []notice.Decision
	settings  settings.Settings
	stock     paper.Stock
	towns     *jpaddr.Table
	press     paper.Press
	births    map[int64]string // by card, for what to bring
	codes     map[int64]string // by card
	fonts     []Font           // those of press, for the record
}

// Towns returns the postal towns: the whole country and the city's own.
func Towns(s settings.Settings) *jpaddr.Table {
	extra := make([]jpaddr.Town, 0, len(s.Towns))
	for _, t := range s.Towns {
		extra = append(extra, jpaddr.Town{Postal: t.Zip7, Prefecture: t.Pref, City: t.City, Name: t.Town})
	}
	return jpaddr.LoadNational().With(extra)
}

// Stock finds a label stock, the city's own ones first.
func Stock(s settings.Settings, name string) (paper.Stock, error) {
	for _, own := range s.Stocks {
		if own.ID == name {
			return paper.Stock{
				Name: own.ID, Makers: own.Maker, Paper: own.Paper, PaperW: own.PaperW, PaperH: own.PaperH, Columns: own.Columns, Rows: own.Rows,
				LabelW: own.LabelW, LabelH: own.LabelH, PitchX: own.PitchX, PitchY: own.PitchY, Left: own.Left, Top: own.Top,
			}, nil
		}
	}
	if stock, ok := paper.FindStock(name); ok {
		return stock, nil
	}
	return paper.Stock{}, fault.New(fault.Invalid, "press.unknown_stock", "stock", name)
}

// load reads a run and all that belongs to it from one state of the database.
func (o Office) load(ctx context.Context, runID int64) (j *job, err error) {
	j = &job{births: map[int64]string{}, codes: map[int64]string{}}
	err = o.DB.Read(ctx, func(rx *store.Rx) error {
		if j.run, err = notice.ByID(rx, runID); err != nil {
			return err
		}
		if j.settings, err = settings.Load(rx); err != nil {
			return err
		}
		if j.decisions, err = notice.Decisions(rx, runID); err != nil {
			return err
		}
		all, err := notice.Pieces(rx, runID)
		if err != nil {
			return err
		}
		j.planned = len(all)
		j.pieces = slices.DeleteFunc(all, func(p notice.Piece) bool { return p.HeldOut })
		j.press.Now = rx.Now
		return o.details(rx, j)
	})
	if err != nil {
		return nil, err
	}
	if j.stock, err = Stock(j.settings, j.run.Stock); err != nil {
		return nil, err
	}
	j.press.Fonts, j.press.Heading = o.Fonts.Set()
	j.fonts = describe(j.press.Fonts)
	j.towns = Towns(j.settings)
	j.press.Towns, j.press.Decisions = j.towns, j.glyphDecisions()
	return j, nil
}

// details reads birth dates and link codes of the pieces.
func (o Office) details(rx *store.Rx, j *job) error {
	for _, p := range j.pieces {
		c, err := card.ByID(rx, p.CardID)
		if err != nil {
			return err
		}
		birth := c.Birth
		if c.ResidentID != 0 {
			if r, ok, err := resident.ByID(rx, c.ResidentID); err != nil {
				return err
			} else if ok && r.Birth != "" {
				birth = r.Birth
			}
		}
		code, err := notice.Code(rx, o.Ring, p)
		if err != nil {
			return fmt.Errorf("piece %d: %w", p.Seq, err)
		}
		j.births[p.CardID], j.codes[p.CardID] = birth, string(code)
	}
	return nil
}

// DecisionKey names a character of a gaiji set in decisions: both in
// hexadecimal, so that any text of the outside world is safe in it.
func DecisionKey(f glyph.Finding) string {
	return hex.EncodeToString([]byte(f.GaijiSet)) + "|" + hex.EncodeToString([]byte(f.Cluster))
}

// parseKey reads what DecisionKey wrote.
func parseKey(key string) (set, cluster string, ok bool) {
	first, second, found := strings.Cut(key, "|")
	a, errA := hex.DecodeString(first)
	b, errB := hex.DecodeString(second)
	return string(a), string(b), found && errA == nil && errB == nil && len(b) > 0
}

// glyphDecisions turns what was decided for the run into what the fonts
// understand.
func (j *job) glyphDecisions() (list []glyph.Decision) {
	for _, d := range j.decisions {
		set, cluster, ok := parseKey(d.Key)
		if !ok || d.Kind == notice.HoldOut {
			continue
		}
		kind := glyph.Box
		if d.Kind == notice.Substitute {
			kind = glyph.Substitute
		}
		list = append(list, glyph.Decision{GaijiSet: set, Cluster: cluster, Kind: kind, Substitute: d.Substitute})
	}
	return list
}

func pieceKey(p notice.Piece) string { return strconv.FormatInt(p.CardID, 10) }

func (j *job) addressee(p notice.Piece) paper.Addressee {
	return paper.Addressee{
		Key: pieceKey(p), Serial: fmt.Sprintf("%s-%04d/%04d", j.run.No, p.Seq, j.planned),
		Postal: p.PostalCode, Address: p.Address, Annex: p.Building, Name: p.Name, Honorific: j.settings.Notice.Honorific, GaijiSet: p.GaijiSet,
	}
}

func (j *job) calibration() paper.Calibration {
	if len(j.settings.Printers) == 0 {
		return paper.Calibration{}
	}
	p := j.settings.Printers[0]
	return paper.Calibration{X: p.OffsetX, Y: p.OffsetY, ScaleX: p.ScaleX, ScaleY: p.ScaleY}
}

func (j *job) labels() (paper.Labels, []paper.Addressee) {
	list := make([]paper.Addressee, len(j.pieces))
	for i, p := range j.pieces {
		list[i] = j.addressee(p)
	}
	// No control sheets: every page of this PDF is a sheet of costly labels.
	return paper.Labels{
		Press: j.press, Title: j.run.No, Stock: j.stock, Start: j.run.StartCell, Calibration: j.calibration(), Barcode: true,
	}, list
}

func (j *job) letters() (paper.Letters, []paper.Letter) {
	list := make([]paper.Letter, len(j.pieces))
	for i, p := range j.pieces {
		list[i] = j.letter(p)
	}
	return paper.Letters{Press: j.press, Title: j.run.No, Form: j.form(), Calibration: j.calibration(), Barcode: true}, list
}

// form is what all letters have in common.
func (j *job) form() paper.LetterForm {
	s := j.settings
	return paper.LetterForm{
		Sender: paper.Sender{
			Organization: s.Organization.Name, Section: s.Organization.Section, Postal: s.Organization.Postal,
			Address: s.Organization.Address, Phone: s.Organization.Phone,
		},
		Title: s.Notice.Title, Body: s.Notice.Paragraphs,
	}
}

// control is the text of the control sheets: what the pile must hold, and who
// had it made when. It is the same in a reprint.
func (j *job) control(pieces int) *paper.Control {
	at := ""
	if t, err := store.ParseStamp(j.run.CreatedAt); err == nil {
		at = jpdate.Day(store.Day(t)).Japanese()
	}
	c := &paper.Control{Title: message.Text("press.letters", nil), Run: j.run.No}
	for _, f := range []struct{ name, text string }{
		{"press.control_whole", strconv.Itoa(len(j.pieces))},
		{"press.fact_deadline", jpdate.Day(j.run.Deadline).Japanese()},
		{"press.control_by", j.run.CreatedBy},
		{"press.control_at", at},
	} {
		if len(j.press.Fonts.Check(f.text, "")) > 0 {
			continue // a clerk's name with a rare character must not keep the letters from being printed
		}
		if f.name != "press.control_whole" || pieces != len(j.pieces) {
			c.Facts = append(c.Facts, paper.Fact{Label: message.Text(f.name, nil), Text: f.text})
		}
	}
	return c
}

func (j *job) letter(p notice.Piece) paper.Letter {
	s := j.settings
	date := j.date()
	deadline := jpdate.Day(j.run.Deadline).Japanese()
	l := paper.Letter{
		To: j.addressee(p), Date: date, NoticeNo: p.NoticeNo, Items: j.items(p), Counter: scancode.CardTag(p.CardID),
		Facts: facts(s.Pickup, deadline),
		Values: map[string]string{
			"name": p.Name, "noticeNo": p.NoticeNo, "deadline": deadline, "date": date, "bookingUrl": s.Notice.BookingURL,
			"organization": s.Organization.Name, "section": s.Organization.Section, "phone": s.Organization.Phone,
			"place": s.Pickup.Place, "floor": s.Pickup.Floor, "placeAddress": s.Pickup.Address, "hours": s.Pickup.Hours, "placePhone": s.Pickup.Phone,
			"code": j.codes[p.CardID],
		},
	}
	link := j.link(p)
	l.Link = &link
	return l
}

// facts are the lines of the letter's table: where, when, until when.
func facts(p settings.Pickup, deadline string) (list []paper.Fact) {
	for _, f := range []struct{ name, text string }{
		{"press.fact_deadline", deadline},
		{"press.fact_place", strings.TrimSpace(p.Place + " " + p.Floor)},
		{"press.fact_address", p.Address},
		{"press.fact_hours", p.Hours},
		{"press.fact_phone", p.Phone},
	} {
		if f.text != "" {
			list = append(list, paper.Fact{Label: message.Text(f.name, nil), Text: f.text, Strong: f.name == "press.fact_deadline"})
		}
	}
	return list
}

// items is what this receiver brings: for a child under 15 what the legal
// representative needs, for others what they need themselves. The age counts
// on the last day of collecting.
func (j *job) items(p notice.Piece) []string {
	route, age := "self", "any"
	if birth := jpdate.Day(j.births[p.CardID]); birth.Valid() && jpdate.LegalAge(birth, jpdate.Day(j.run.Deadline)) < 15 {
		route, age = "legal", "under15"
	}
	for _, list := range j.settings.Notice.BringItems {
		if list.Route == route && list.Age == age {
			return list.Items
		}
	}
	return nil
}
