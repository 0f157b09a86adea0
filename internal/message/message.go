// Package message is the catalogue of texts for people. The Japanese texts lie
// in ja/*.toml, one flat table of code = text per area; a text names its
// places in braces, such as {row}. Everything that a person reads, on screen,
// on the console or in a spreadsheet, comes from here under its code.
package message

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"kofu/internal/fault"
)

//go:embed ja/*.toml
var files embed.FS

var load = sync.OnceValue(func() map[string]string {
	texts, err := read()
	if err != nil {
		panic(err) // an embedded table that does not parse; the test of this package fails first
	}
	return texts
})

func read() (map[string]string, error) {
	entries, err := files.ReadDir("ja")
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, entry := range entries {
		b, err := files.ReadFile("ja/" + entry.Name())
		if err != nil {
			return nil, err
		}
		var table map[string]string
		if err := toml.Unmarshal(b, &table); err != nil {
			return nil, fmt.Errorf("ja/%s: %w", entry.Name(), err)
		}
		for code, text := range table {
			if _, twice := texts[code]; twice {
				return nil, fmt.Errorf("ja/%s: %q stands in two files", entry.Name(), code)
			}
			texts[code] = text
		}
	}
	return texts, nil
}

// Has reports whether the catalogue has a text for the code.
func Has(code string) bool {
	_, ok := load()[code]
	return ok
}

// All returns a copy of the catalogue.
func All() map[string]string { return maps.Clone(load()) }

// Version changes whenever a text of the catalogue does.
func Version() string { return version() }

var version = sync.OnceValue(func() string {
	h := sha256.New()
	texts := load()
	for _, code := range slices.Sorted(maps.Keys(texts)) {
		fmt.Fprintf(h, "%s=%s\n", code, texts[code])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
})

// Text returns the text of the code with its places filled from args. Without
// a text it returns the code itself, which a test of package archtest turns
// into a failure long before a person could see it.
func Text(code string, args map[string]string) string {
	text, ok := load()[code]
	if !ok {
		return code
	}
	return Fill(text, args)
}

// Fill puts args into the places of a text. Places without an argument stay.
// An argument such as "@procedure.READY" stands for the text of that code.
func Fill(text string, args map[string]string) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		if code, ok := strings.CutPrefix(value, "@"); ok && Has(code) {
			value = Text(code, nil)
		}
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Of returns the text of a failure: the one of its code for a fault, the
// general one for anything internal, whose cause is for the log.
func Of(err error) string {
	e, ok := fault.As(err)
	if !ok {
		return Text("internal", nil)
	}
	return Text(e.Code, e.Args)
}

// OfDetail returns the text of one detail. Row, column and value are available
// to the text as {row}, {column} and {value}.
func OfDetail(d fault.Detail) string {
	args := maps.Clone(d.Args)
	if args == nil {
		args = map[string]string{}
	}
	args["row"], args["column"], args["value"] = fmt.Sprint(d.Row), d.Column, d.Value
	return Text(d.Code, args)
}
