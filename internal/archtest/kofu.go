package archtest

import "kofu/internal/message"

// Kofu returns the rules of Kofu. Reviewers read changes of this file twice.
func Kofu() Rules {
	return Rules{
		Module: "kofu",
		Order: []string{
			"fault", "message", "jptext", "jpdate", "jpaddr", "mynumber", "linkcode", "keyring",
			"migrations", "tabfile", "glyph", "store",
			"audit",
			"settings", "staff",
			"gate",
			"resident",
			"card",
			"vault", "delivery", "notice", "visit",
			"intake",
			"progress",
			"paper", "sheet", "city",
			"web", "lan", "desk", "office",
			"testkit", "archtest", "faultlab",
		},
		Writers: writersOfKofu,
		SQL: []string{
			"store",   // its statements are about the database as a whole: settings, migrations, backup
			"testkit", // reads whole databases to compare them
		},
		Only: []Only{
			{Rule: "engines", Prefixes: []string{"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx"}, Packages: []string{"store"}},
			{Rule: "http", Prefixes: []string{"net/http"}, Packages: []string{"web", "gate", "lan", "desk", "testkit", "faultlab", "app"}},
			{Rule: "window", Prefixes: []string{"github.com/wailsapp"}, Packages: []string{"app/kofu"}, Tag: "desktop || dev || bindings"},
		},
		Words: map[string]string{
			"jptext":  "tables of characters: width, kana, look-alikes",
			"jpaddr":  "words that addresses are split at: 丁目, 番地, 号",
			"jpdate":  "names of eras",
			"tabfile": "column headings of foreign files",
			"testkit": "names of made-up actors",
			"intake":  "column headings of the built-in profiles",
		},
		Seeds: map[string]string{
			"city": "the synthetic city: names, streets and files made up for practice and tests",
		},
		HasText: message.Has,
	}
}

// writersOfKofu names the one package that writes each table.
var writersOfKofu = map[string]string{
	"audit":            "audit",
	"audit_body":       "audit",
	"audit_checkpoint": "audit",
	"audit_hash":       "audit",
}
