package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kofu/internal/entry"
)

// Forms are those that a text of an event can have: pseudonyms, keyed hashes,
// identifiers, instants and words of short lists. The name of a window is the
// one text that somebody has written; it is that of a place.
var Forms = map[string]func(string) bool{
	"link":       regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString,                // random pseudonym of a resident
	"hash":       regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`).MatchString,           // HMAC-SHA-256, base64url
	"key":        regexp.MustCompile(`^[a-z][0-9]{3,9}$`).MatchString,             // id of the key of a hash
	"group":      regexp.MustCompile(`^[0-9a-z]{16,26}$`).MatchString,             // random token of a household
	"booking":    regexp.MustCompile(`^[0-7][0-9A-HJKMNP-TV-Z]{25}$`).MatchString, // ULID
	"receipt":    regexp.MustCompile(`^(0[1-9]|1[0-2])-[0-9]{4,6}$`).MatchString,
	"window":     windowID,
	"lang":       regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z]{2,8})?$`).MatchString,
	"epoch":      regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString,
	"day":        written(time.DateOnly),
	"instant":    written("2006-01-02T15:04:05.000Z"), // UTC
	"start":      written(startLayout),                // of a slot, in Japan
	"place":      placeName,
	"svc":        word("address", "apply", "pin", "receive", "renew"),
	"owner":      word("office", "cloud"),
	"seat":       word("web", "office"),
	"via":        word("web", "phone", "counter", "visit"),
	"by":         word("resident", "office"),
	"refusal":    word(string(Withdrawn), string(Superseded), string(ClosedLink), string(OfficeWins)),
	"link.state": word("issued", "ready", "held", "withdrawn", "closed"),
	"booked":     word("active", "noshow_provisional", "noshow", "unreconciled", "cancelled", "cancelled_by_office"),
	"visit":      word("arrived", "again", "done"),
}

const startLayout = "2006-01-02T15:04:05+09:00"

// Start writes the beginning of a slot.
func Start(at time.Time) string { return at.UTC().Add(9 * time.Hour).Format(startLayout) }

var windowText = regexp.MustCompile(`^[A-Za-z0-9_-]{1,20}$`)

// windowID is chosen by the office; no date or phone number fits.
func windowID(s string) bool {
	digits := 0
	for _, r := range s {
		if '0' <= r && r <= '9' {
			digits++
		}
	}
	return digits <= 6 && windowText.MatchString(s)
}

func word(list ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(list, s) }
}

// written are instants in one layout that come out as they went in.
func written(layout string) func(string) bool {
	return func(s string) bool {
		at, err := time.Parse(layout, s)
		return err == nil && at.Format(layout) == s
	}
}

func placeName(s string) bool {
	return !entry.Blank(s) && entry.Check(s) == nil
}

// Lists longer than that do not fit into a line.
const longestList = 500

// field is one field of a struct with what its tags say.
type field struct {
	name     string
	optional bool
	form     string
	at       int
}

func fieldsOf(t reflect.Type) []field {
	list := make([]field, t.NumField())
	for i := range list {
		f := t.Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		list[i] = field{name, rest == "omitempty", f.Tag.Get("form"), i}
	}
	return list
}

var layouts = func() map[reflect.Type][]field {
	m := map[reflect.Type][]field{}
	var add func(t reflect.Type)
	add = func(t reflect.Type) {
		m[t] = fieldsOf(t)
		for i := range t.NumField() {
			if f := t.Field(i).Type; f.Kind() == reflect.Slice && f.Elem().Kind() == reflect.Struct {
				add(f.Elem())
			}
		}
	}
	for _, t := range known {
		add(t)
	}
	return m
}()

// fits reports whether a text or number has its form. The form of a number is
// its range, as 1-999.
func (f field) fits(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return Forms[f.form](v.String())
	case reflect.Int, reflect.Int64:
		low, high, _ := strings.Cut(f.form, "-")
		from, _ := strconv.ParseInt(low, 10, 64)
		to, _ := strconv.ParseInt(high, 10, 64)
		return from <= v.Int() && v.Int() <= to
	}
	return true
}

// whole writes lists that are mandatory and have nothing in them as empty ones.
func whole(v reflect.Value) {
	for _, f := range layouts[v.Type()] {
		if one := v.Field(f.at); one.Kind() == reflect.Slice && !f.optional && one.IsNil() {
			one.Set(reflect.MakeSlice(one.Type(), 0, 0))
		}
	}
}

// check returns the place where a body breaks its form, ” where it does not.
func check(v reflect.Value) string {
	for _, f := range layouts[v.Type()] {
		one := v.Field(f.at)
		if f.optional && one.IsZero() {
			continue
		}
		if one.Kind() != reflect.Slice {
			if !f.fits(one) {
				return f.name
			}
			continue
		}
		if one.IsNil() || one.Len() > longestList {
			return f.name
		}
		for i := range one.Len() {
			if one.Index(i).Kind() == reflect.Struct {
				if where := check(one.Index(i)); where != "" {
					return f.name + "." + where
				}
			} else if !f.fits(one.Index(i)) {
				return f.name
			}
		}
	}
	return ""
}

var errTwice = errors.New("a field stands there twice, or it is no object")

// object reads the fields of a JSON object as they are written.
func object(text []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errTwice
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		name, is := t.(string)
		if err != nil || !is || fields[name] != nil {
			return nil, errTwice
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		fields[name] = value
	}
	if _, err := d.Token(); err != nil || len(bytes.TrimSpace(text[d.InputOffset():])) > 0 {
		return nil, errTwice
	}
	return fields, nil
}

// read fills a struct from the fields of an object and looks at every form.
func read(fields map[string]json.RawMessage, v reflect.Value) error {
	for _, f := range layouts[v.Type()] {
		text, is := fields[f.name]
		if !is && f.optional {
			continue
		}
		if !is || string(text) == "null" {
			return fmt.Errorf("%s is missing", f.name)
		}
		if err := f.read(text, v.Field(f.at)); err != nil {
			return err
		}
	}
	return nil
}

func (f field) read(text []byte, v reflect.Value) error {
	if v.Kind() != reflect.Slice {
		if err := json.Unmarshal(text, v.Addr().Interface()); err != nil || !f.fits(v) {
			return fmt.Errorf("%s has another form", f.name)
		}
		return nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil || len(parts) > longestList {
		return fmt.Errorf("%s has another form", f.name)
	}
	if f.optional && len(parts) == 0 { // as if it were not there
		return nil
	}
	v.Set(reflect.MakeSlice(v.Type(), len(parts), len(parts)))
	for i, part := range parts {
		if v.Index(i).Kind() != reflect.Struct {
			if err := f.read(part, v.Index(i)); err != nil {
				return err
			}
			continue
		}
		inner, err := object(part)
		if err == nil {
			err = read(inner, v.Index(i))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}
