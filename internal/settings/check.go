package settings

import (
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/mynumber"
)

var (
	postal   = regexp.MustCompile(`^\d{3}-\d{4}$`)
	phone    = regexp.MustCompile(`^[0-9][0-9-]{8,13}$`)
	zip7     = regexp.MustCompile(`^\d{7}$`)
	stockID  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)
	variable = regexp.MustCompile(`\{([^{}]*)\}`)
)

// Orders are the orders in which letters and labels are printed.
var Orders = []string{"shelf", "post", "kana", "number"}

// checker collects what is wrong with a document.
type checker struct{ details []fault.Detail }

// add notes that the field at path breaks the rule of code.
func (c *checker) add(path, code, value string, args ...string) {
	a := fault.Args(append(args, "field", fieldName(path))...)
	c.details = append(c.details, fault.Detail{Code: code, Column: path, Value: value, Args: a})
}

// fieldName is how people know the field: the catalogue names it under its
// path without the numbers of lists.
func fieldName(path string) string {
	parts := slices.DeleteFunc(strings.Split(path, "."), func(p string) bool {
		return strings.Trim(p, "0123456789") == ""
	})
	if parts[0] == "statusLabels" {
		parts = parts[:1]
	}
	return message.Text("settings.field."+strings.Join(parts, "."), nil)
}

func (c *checker) match(path, value string, form *regexp.Regexp, code string) {
	if value != "" && !form.MatchString(value) {
		c.add(path, code, value)
	}
}

func (c *checker) within(path string, value, low, high float64) {
	if !(value >= low && value <= high) { // also refuses NaN
		c.add(path, "settings.range", fmt.Sprint(value), "low", fmt.Sprint(low), "high", fmt.Sprint(high))
	}
}

func (c *checker) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.add(path, "settings.choice", value)
	}
}

func (c *checker) filled(path, value string) {
	if strings.TrimSpace(value) == "" {
		c.add(path, "settings.required", "")
	}
}

// check returns what is wrong with s, in the order of the screen.
func check(s Settings) []fault.Detail {
	c := &checker{}
	c.texts("", reflect.ValueOf(s))
	c.filled("organization.name", s.Organization.Name)
	c.match("organization.postal", s.Organization.Postal, postal, "settings.postal")
	c.match("organization.phone", s.Organization.Phone, phone, "settings.phone")
	c.match("pickup.phone", s.Pickup.Phone, phone, "settings.phone")
	c.notice(s.Notice)
	c.within("idleMinutes", float64(s.IdleMinutes), 1, 15)
	for i, p := range s.Printers {
		at := fmt.Sprintf("printers.%d.", i)
		c.filled(at+"name", p.Name)
		c.within(at+"offsetX", p.OffsetX, -30, 30)
		c.within(at+"offsetY", p.OffsetY, -30, 30)
		c.within(at+"scaleX", p.ScaleX, 0.9, 1.1)
		c.within(at+"scaleY", p.ScaleY, 0.9, 1.1)
	}
	c.lan(s.LAN)
	c.stocks(s.Stocks)
	for i, t := range s.Towns {
		at := fmt.Sprintf("towns.%d.", i)
		c.filled(at+"pref", t.Pref)
		c.filled(at+"city", t.City)
		c.filled(at+"town", t.Town)
		if !zip7.MatchString(t.Zip7) {
			c.add(at+"zip7", "settings.zip7", t.Zip7)
		}
	}
	return c.details
}

func (c *checker) notice(n Notice) {
	c.within("notice.deadlineMonths", float64(n.DeadlineMonths), 1, 12)
	if u, err := url.Parse(n.BookingURL); n.BookingURL != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		c.add("notice.bookingUrl", "settings.https", n.BookingURL)
	}
	c.filled("notice.title", n.Title)
	for i, p := range n.Paragraphs {
		for _, m := range variable.FindAllStringSubmatch(p, -1) {
			if !slices.Contains(Variables, m[1]) {
				c.add(fmt.Sprintf("notice.paragraphs.%d", i), "settings.variable", m[0], "known", "{"+strings.Join(Variables, "} {")+"}")
			}
		}
	}
	for i, list := range n.BringItems {
		at := fmt.Sprintf("notice.bringItems.%d.", i)
		c.oneOf(at+"route", list.Route, "self", "legal", "proxy")
		c.oneOf(at+"age", list.Age, "any", "under15")
		c.filled(at+"title", list.Title)
	}
	c.oneOf("notice.order", n.Order, Orders...)
	c.filled("notice.stock", n.Stock)
}

func (c *checker) lan(l LAN) {
	for i, name := range l.Names {
		if !hostName.MatchString(name) || len(name) > 253 {
			c.add(fmt.Sprintf("lan.names.%d", i), "settings.host_name", name)
		}
	}
	for i, address := range l.Addresses {
		a, err := netip.ParseAddr(address)
		if inside := a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast(); err != nil || !inside {
			c.add(fmt.Sprintf("lan.addresses.%d", i), "settings.address", address)
		}
	}
}

// stocks checks that the labels of every sheet lie on the paper and beside
// each other. 0.05 mm are allowed for rounding.
func (c *checker) stocks(all []Stock) {
	const rounding = 0.05
	seen := map[string]bool{}
	for i, s := range all {
		at := fmt.Sprintf("stocks.%d.", i)
		if !stockID.MatchString(s.ID) {
			c.add(at+"id", "settings.stock_id", s.ID)
		}
		if seen[s.ID] {
			c.add(at+"id", "settings.twice", s.ID)
		}
		seen[s.ID] = true
		c.filled(at+"name", s.Name)
		c.within(at+"columns", float64(s.Columns), 1, 20)
		c.within(at+"rows", float64(s.Rows), 1, 50)
		c.within(at+"paperW", s.PaperW, 50, 450)
		c.within(at+"paperH", s.PaperH, 50, 450)
		c.axis(at, "W", s.Left, s.PitchX, s.LabelW, s.PaperW+rounding, s.Columns)
		c.axis(at, "H", s.Top, s.PitchY, s.LabelH, s.PaperH+rounding, s.Rows)
	}
}

func (c *checker) axis(at, side string, start, pitch, label, paper float64, n int) {
	c.within(at+"label"+side, label, 5, 450)
	if n > 1 && pitch < label-0.05 {
		c.add(at+"label"+side, "settings.labels_overlap", fmt.Sprint(label), "pitch", fmt.Sprint(pitch))
	}
	if end := start + float64(n-1)*pitch + label; start < 0 || !(end <= paper) {
		c.add(at+"paper"+side, "settings.beyond_paper", fmt.Sprintf("%.2f", end))
	}
}

// texts looks at every text of the document, however deep: none may hold a
// 個人番号 or control characters, and none may be endless.
func (c *checker) texts(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		c.text(strings.TrimPrefix(path, "."), v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			c.texts(path+"."+v.Type().Field(i).Tag.Get("json"), v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.texts(fmt.Sprintf("%s.%d", path, i), v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			c.texts(path+"."+key.String(), v.MapIndex(key))
		}
	}
}

func (c *checker) text(path, s string) {
	const longest = 2000
	switch {
	case len(mynumber.Find(s)) > 0:
		c.add(path, "settings.my_number", mynumber.Mask(s))
	case utf8.RuneCountInString(s) > longest:
		c.add(path, "settings.too_long", "", "max", fmt.Sprint(longest))
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || r == utf8.RuneError }):
		c.add(path, "settings.control_characters", "")
	}
}
