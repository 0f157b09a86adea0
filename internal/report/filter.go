package report

import (
	"strconv"
	"strings"

	"kofu/internal/delivery"
	"kofu/internal/message"
	"kofu/internal/mynumber"
	"kofu/internal/progress"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/vault"
)

// inWords writes a filter for people. A 個人番号 that somebody typed into the
// search field is not repeated.
func inWords(rx *store.Rx, f progress.Filter, s settings.Settings) (string, error) {
	var words []string
	add := func(key, value string) {
		if value != "" {
			words = append(words, message.Text("filter."+key, map[string]string{"value": value}))
		}
	}
	if f.Status != "" {
		add("status", s.StatusLabel(string(f.Status)))
	}
	add("procedure", word("procedure.", string(f.Procedure)))
	add("custody", word("custody.", string(f.Custody)))
	add("hold", word("flag.", string(f.Hold)))
	add("due", word("due.", f.Due))
	add("due", word("arrived.", f.Arrived))
	add("query", mynumber.Mask(f.Query))
	if f.Lot != 0 {
		d, err := delivery.ByID(rx, f.Lot)
		if err != nil {
			return "", err
		}
		add("lot", d.LotNo)
	}
	if f.Place != 0 {
		p, err := vault.ByID(rx, f.Place)
		if err != nil {
			return "", err
		}
		add("place", p.Path)
	}
	if len(f.IDs) > 0 {
		words = append(words, message.Text("filter.chosen", map[string]string{"count": strconv.Itoa(len(f.IDs))}))
	}
	if len(words) == 0 {
		return message.Text("filter.none", nil), nil
	}
	return strings.Join(words, "、"), nil
}
