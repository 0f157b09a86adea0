package terms

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/internal/booking/wording"
	"kofu/internal/entry"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// Pages that carry notices.
const (
	PageTop    = "top"
	PageDone   = "done"
	PageClosed = "closed"
)

// Notice is a text on some pages for some time.
type Notice struct {
	ID    string            `json:"id"` // chosen by the screen, unique
	Pages []string          `json:"pages"`
	From  string            `json:"from"`  // 2026-12-01 00:00 in Japan; empty: from now on
	Until string            `json:"until"` // the first minute without it, 24:00 is allowed; empty: until removed
	Texts map[string]string `json:"texts"` // by language; Japanese is required
}

// Notices is the document with all of them, in the order of the pages.
type Notices struct {
	Version int      `json:"version"`
	List    []Notice `json:"list"`
}

// Shown is a notice as a reader sees it.
type Shown struct {
	ID   string
	Lang string // of the text
	Text string
}

// LoadNotices returns the notices, those of the past and the future too.
func LoadNotices(rx *store.Rx, tenant int) (n Notices, err error) {
	version, err := newest(rx, tenant, NoticeDocument, &n)
	n.Version = version
	return n, err
}

// SaveNotices makes n the next version. Errors: fault.Invalid
// "terms.bad_notice" with details; fault.Conflict "settings.changed_meanwhile".
func SaveNotices(tx *store.Tx, tenant int, n Notices, seen int) (_ Notices, err error) {
	defer fault.Add(&err, "terms.SaveNotices(%d)", tenant)
	if details := n.check(); len(details) > 0 {
		return Notices{}, fault.New(fault.Invalid, "terms.bad_notice").With(details...)
	}
	n.Version = 0
	n.Version, err = save(tx, tenant, NoticeDocument, seen, n)
	return n, err
}

// Show returns what a page says at an instant, each notice in the reader's
// language or the one that stands in for it.
func (n Notices) Show(now time.Time, page, lang string) (list []Shown) {
	for _, one := range n.List {
		if !slices.Contains(one.Pages, page) || !one.holds(now) {
			continue
		}
		for _, l := range wording.Chain(lang) {
			if text := one.Texts[l]; text != "" {
				list = append(list, Shown{one.ID, l, text})
				break
			}
		}
	}
	return list
}

func (n Notice) holds(now time.Time) bool {
	from, _ := localTime(n.From) // checked when it was saved
	until, _ := localTime(n.Until)
	return (n.From == "" || !now.Before(from)) && (n.Until == "" || now.Before(until))
}

func (n Notices) check() (details []fault.Detail) {
	seen := map[string]bool{}
	for i, one := range n.List {
		if field := one.wrong(); field != "" {
			details = append(details, fault.Detail{Code: "terms.notice_field", Row: i + 1, Column: field})
		}
		if one.ID == "" || seen[one.ID] {
			details = append(details, fault.Detail{Code: "terms.notice_field", Row: i + 1, Column: "id"})
		}
		seen[one.ID] = true
	}
	return details
}

func (n Notice) wrong() (field string) {
	from, fromOK := localTime(n.From)
	until, untilOK := localTime(n.Until)
	switch {
	case len(n.Pages) == 0 || slices.ContainsFunc(n.Pages, func(p string) bool { return p != PageTop && p != PageDone && p != PageClosed }):
		return "pages"
	case n.From != "" && !fromOK:
		return "from"
	case n.Until != "" && !untilOK, n.From != "" && n.Until != "" && !from.Before(until):
		return "until"
	case entry.Blank(n.Texts["ja"]):
		return "texts/ja"
	}
	for lang, text := range n.Texts {
		if !slices.Contains(AllLanguages, lang) || entry.Check(text) != nil {
			return "texts/" + lang
		}
	}
	return ""
}

// localTime reads a day and a time of day in Japan, 24:00 included.
func localTime(s string) (time.Time, bool) {
	day, clock, _ := strings.Cut(s, " ")
	h, m, found := strings.Cut(clock, ":")
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !found || err1 != nil || err2 != nil || len(h) != 2 || len(m) != 2 || !jpdate.Day(day).Valid() ||
		hour < 0 || minute < 0 || minute > 59 || hour > 24 || hour == 24 && minute > 0 {
		return time.Time{}, false
	}
	year, month, d := jpdate.Day(day).Parts()
	return time.Date(year, time.Month(month), d, hour, minute, 0, 0, store.Tokyo), true
}

// LocalTime writes an instant as notices name their times.
func LocalTime(t time.Time) string { return t.In(store.Tokyo).Format("2006-01-02 15:04") }
