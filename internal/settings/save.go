package settings

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/store"
)

// Save checks s and makes it the next version. version is the one that the
// person saw. Errors: fault.Invalid "settings.invalid" with one detail per
// field, whose Column is the path of the field such as organization.postal;
// fault.Conflict "settings.changed_meanwhile".
func Save(tx *store.Tx, s Settings, version int) (_ Settings, err error) {
	defer fault.Add(&err, "settings.Save(%d)", version)
	s = tidy(s)
	if details := check(s); len(details) > 0 {
		return Settings{}, fault.New(fault.Invalid, "settings.invalid", "count", fmt.Sprint(len(details))).With(details...)
	}
	before, err := Load(tx.Rx)
	if err != nil {
		return Settings{}, err
	}
	if before.Version != version {
		return Settings{}, fault.New(fault.Conflict, "settings.changed_meanwhile")
	}
	s.Version = version + 1
	ok, err := appendVersion(tx, document, s.Version, s)
	if err != nil {
		return Settings{}, err
	}
	if !ok {
		return Settings{}, fault.New(fault.Conflict, "settings.changed_meanwhile")
	}
	changed, err := differing(before, s)
	if err != nil {
		return Settings{}, err
	}
	return s, audit.Append(tx, "settings.saved", document, map[string]any{"version": s.Version, "changed": changed})
}

// SaveDocument makes v the next version of a document that another package
// owns; check, which may be nil, says what is wrong with v. version is the one
// that the person saw, 0 before the first. Errors: fault.Invalid
// "settings.invalid" with the details of check, fault.Conflict
// "settings.changed_meanwhile".
func SaveDocument(tx *store.Tx, name string, version int, v any, check func() []fault.Detail) (next int, err error) {
	defer fault.Add(&err, "settings.SaveDocument(%s, %d)", name, version)
	if check != nil {
		if details := check(); len(details) > 0 {
			return 0, fault.New(fault.Invalid, "settings.invalid", "count", fmt.Sprint(len(details))).With(details...)
		}
	}
	now, err := LoadDocument(tx.Rx, name, &json.RawMessage{})
	if err != nil {
		return 0, err
	}
	next = version + 1
	added := false
	if now == version {
		if added, err = appendVersion(tx, name, next, v); err != nil {
			return 0, err
		}
	}
	if !added {
		return 0, fault.New(fault.Conflict, "settings.changed_meanwhile")
	}
	return next, audit.Append(tx, "settings.saved", name, map[string]any{"version": next})
}

// tidy puts empty lists where there are none, so that every answer has them.
func tidy(s Settings) Settings {
	s.Printers = orEmpty(s.Printers)
	s.Stocks = orEmpty(s.Stocks)
	s.Towns = orEmpty(s.Towns)
	s.LAN.Names, s.LAN.Addresses = orEmpty(s.LAN.Names), orEmpty(s.LAN.Addresses)
	s.Notice.Paragraphs = orEmpty(s.Notice.Paragraphs)
	s.Notice.BringItems = slices.Clone(orEmpty(s.Notice.BringItems))
	for i, list := range s.Notice.BringItems {
		s.Notice.BringItems[i].Items = orEmpty(list.Items)
	}
	labels := map[string]string{}
	for code, label := range s.StatusLabels {
		if label != "" {
			labels[code] = label
		}
	}
	s.StatusLabels = labels
	s.Notice.Honorific = cmp.Or(s.Notice.Honorific, Default().Notice.Honorific)
	return s
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// differing names the fields of the document that differ, one level deep.
func differing(before, after Settings) ([]string, error) {
	a, err := fields(before)
	if err != nil {
		return nil, err
	}
	b, err := fields(after)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if name != "version" && !reflect.DeepEqual(a[name], b[name]) {
			names = append(names, name)
		}
	}
	return names, nil
}

func fields(s Settings) (map[string]any, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	return m, json.Unmarshal(b, &m)
}
