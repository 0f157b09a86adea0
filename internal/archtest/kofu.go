package archtest

import "kofu/internal/message"

// Kofu returns the rules of Kofu. Reviewers read changes of this file twice.
func Kofu() Rules {
	return Rules{
		Module: "kofu",
		Order: []string{
			"fault", "message", "jptext", "jpdate", "jpaddr", "mynumber", "program", "entry", "linkcode", "scancode", "keyring",
			"migrations", "tabfile", "glyph", "store",
			"audit", "office",
			"settings", "staff",
			"booking/ulid", "booking/slot", "booking/member", "booking/reserve",
			"booking/terms", "booking/contact", "booking/mail", "booking/front",
			"gate",
			"resident",
			"card",
			"vault", "delivery", "notice", "visit",
			"intake",
			"progress",
			"paper", "sheet", "press", "report", "city", "practice",
			"upkeep", "web", "lan", "desk",
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
		Apart: []Apart{
			{Packages: []string{"booking", "app/booking"}, Never: []string{"resident", "card", "notice", "visit"}},
		},
		Subset: []string{"booking"},
		Words: map[string]string{
			"jptext":  "tables of characters: width, kana, look-alikes",
			"jpaddr":  "words that addresses are split at: 丁目, 番地, 号",
			"jpdate":  "names of eras",
			"tabfile": "column headings of foreign files",
			"testkit": "names of made-up actors",
			"paper":   "forms of address, and characters that may not begin a line",
			"sheet":   "font and date formats of spreadsheets",
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
	"audit":                 "audit",
	"audit_body":            "audit",
	"audit_checkpoint":      "audit",
	"audit_hash":            "audit",
	"setting":               "settings",
	"staff":                 "staff",
	"staff_attempt":         "staff",
	"staff_guard":           "staff",
	"staff_installation":    "staff",
	"staff_member":          "staff",
	"staff_recovery":        "staff",
	"staff_totp":            "staff",
	"staff_window":          "staff",
	"staff_role":            "staff",
	"staff_role_permission": "staff",
	"staff_session":         "staff",
	"resident":              "resident",
	"resident_event":        "resident",
	"resident_key":          "resident",
	"resident_version":      "resident",
	"card":                  "card",
	"card_event":            "card",
	"hold":                  "card",
	"place":                 "vault",
	"delivery":              "delivery",
	"delivery_scan":         "delivery",
	"link_code":             "notice",
	"notice_decision":       "notice",
	"notice_piece":          "notice",
	"notice_run":            "notice",
	"visit":                 "visit",
	"import_delivery":       "intake",
	"import_finding":        "intake",
	"import_link":           "intake",
	"import_run":            "intake",
	"tenant":                "booking/slot",
	"office_window":         "booking/slot",
	"opening_pattern":       "booking/slot",
	"opening_exception":     "booking/slot",
	"release_step":          "booking/slot",
	"slot":                  "booking/slot",
	"member":                "booking/member",
	"attempt_count":         "booking/member",
	"booking":               "booking/reserve",
	"booking_person":        "booking/reserve",
	"booking_number":        "booking/reserve",
	"booking_token":         "booking/reserve",
	"terms_document":        "booking/terms",
}
