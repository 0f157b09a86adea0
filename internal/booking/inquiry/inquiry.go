// Package inquiry keeps what residents ask by phone, at the counter and by mail,
// and what they were answered (問合せ). An inquiry belongs to a code or is
// anonymous; both count in the statistics. The choices of the form (ways,
// categories, results, prepared answers) are the municipality's own. Writes
// tables inquiry and inquiry_category.
package inquiry

import (
	"context"
	"slices"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/booking/ulid"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Inquiry is one question and its answer.
type Inquiry struct {
	ID         string
	Version    int // 0 for a new one
	At         time.Time
	Channel    string   // codes of Choices
	Categories []string // in the order of the choices
	Result     string   // '' while open
	WindowID   string   // '' for no place
	Text       string
	Answer     string
	Link       string     // pseudonym of the code, '' for an anonymous one
	FollowUp   jpdate.Day // '' without
	Owner      string     // staff id, '' for nobody
	MadeBy     string
}

// Longest is the longest text, in characters.
const Longest = 2000

// Save records a new inquiry, or a change of one whose Version is the one that
// was seen. Errors: fault.Invalid "inquiry.invalid" with a detail for each
// field; fault.NotFound "inquiry.unknown"; fault.Conflict
// "inquiry.changed_meanwhile".
func Save(ctx context.Context, db *store.DB, actor store.Actor, tenant int, q Inquiry) (_ Inquiry, err error) {
	defer fault.Add(&err, "inquiry.Save(%d, %q)", tenant, q.ID)
	err = db.Write(ctx, actor, func(tx *store.Tx) error {
		choices, err := LoadChoices(tx.Rx)
		if err != nil {
			return err
		}
		if err := q.check(choices, tx.Now); err != nil {
			return err
		}
		action := "inquiry.changed"
		if q.Version == 0 {
			q.ID, q.MadeBy, action = ulid.New(tx.Now), actor.ID, "inquiry.recorded"
		}
		if err := put(tx, tenant, &q); err != nil {
			return err
		}
		return audit.Append(tx, action, "inquiry/"+q.ID, map[string]any{
			"channel": q.Channel, "categories": q.Categories, "result": q.Result, "anonymous": q.Link == "",
		})
	})
	if err != nil {
		return Inquiry{}, err
	}
	return q, nil
}

// check looks at every field and brings the categories into order.
func (q *Inquiry) check(c Choices, now time.Time) error {
	refusal := fault.New(fault.Invalid, "inquiry.invalid")
	var details []fault.Detail
	wrong := func(column, code string) { details = append(details, fault.Detail{Column: column, Code: code}) }

	if !c.Channels.Live(q.Channel) {
		wrong("channel", "inquiry.no_channel")
	}
	if q.Result != "" && !c.Results.Live(q.Result) {
		wrong("result", "inquiry.no_result")
	}
	if len(q.Categories) == 0 {
		wrong("categories", "inquiry.no_category")
	}
	for _, category := range q.Categories {
		if !c.Categories.Live(category) {
			wrong("categories", "inquiry.no_category")
			break
		}
	}
	if q.At.IsZero() || q.At.After(now.Add(time.Minute)) {
		wrong("at", "inquiry.bad_time")
	}
	if q.FollowUp != "" && !q.FollowUp.Valid() {
		wrong("followUp", "inquiry.bad_day")
	}
	for _, field := range []struct{ name, text string }{{"text", q.Text}, {"answer", q.Answer}} {
		if code := refused(field.text); code != "" {
			wrong(field.name, code)
		}
	}
	if len(details) > 0 {
		return refusal.With(details...)
	}
	q.Categories = c.Categories.sorted(q.Categories)
	return nil
}

// refused returns the code of what is wrong with a text, "" for nothing.
func refused(text string) string {
	if len([]rune(text)) > Longest {
		return "entry.too_long"
	}
	for line := range strings.Lines(text) {
		for part := range slices.Chunk([]rune(strings.TrimRight(line, "\r\n")), entry.Longest) {
			if f, bad := fault.As(entry.Check(string(part))); bad {
				return f.Code
			}
		}
	}
	if f, bad := fault.As(entry.Check(strings.NewReplacer("\r", "", "\n", "").Replace(text))); bad && f.Code == "entry.my_number" {
		return f.Code // twelve digits over two lines
	}
	return ""
}
