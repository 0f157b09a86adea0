package settings_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/message"
	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func named() settings.Settings {
	s := settings.Default()
	s.Organization.Name = "甲府市"
	return s
}

func load(t *testing.T, db *store.DB) (s settings.Settings) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		s, err = settings.Load(rx)
		return err
	})
	return s
}

func save(t *testing.T, db *store.DB, s settings.Settings, version int) (out settings.Settings, err error) {
	t.Helper()
	err = db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) (err error) {
		out, err = settings.Save(tx, s, version)
		return err
	})
	return out, err
}

func TestLoad_DefaultsUntilSomebodySaves(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		s := load(t, db)
		if s.Version != 0 || s.Notice.DeadlineMonths != 3 || s.Notice.Honorific != "様" || s.IdleMinutes != 5 {
			t.Errorf("defaults: version %d, %d months, honorific %q, idle %d", s.Version, s.Notice.DeadlineMonths, s.Notice.Honorific, s.IdleMinutes)
		}
	})
}

func TestSave_NextVersionHistoryAndAudit(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		want := named()
		want.Towns = []settings.Town{{Pref: "山梨県", City: "甲府市", Town: "丸の内", Zip7: "4000031"}}
		if _, err := save(t, db, want, 0); err != nil {
			t.Fatal(err)
		}
		want.IdleMinutes = 10
		saved, err := save(t, db, want, 1)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(saved, load(t, db)); diff != "" {
			t.Errorf("what was saved and what is loaded differ (-want +got):\n%s", diff)
		}
		testkit.Read(t, db, func(rx *store.Rx) error {
			history, err := settings.History(rx)
			if err != nil || len(history) != 2 || history[0].Version != 2 || history[0].By != testkit.Supervisor.ID {
				t.Errorf("history %+v, %v", history, err)
			}
			records, _, err := audit.List(rx, audit.Filter{Action: "settings.saved", Limit: 10})
			if err != nil || len(records) != 2 || string(records[0].Detail) != `{"changed":["idleMinutes"],"version":2}` {
				t.Errorf("audit %+v, %v", records, err)
			}
			return err
		})
	})
}

func TestSave_ChangedMeanwhile(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		if _, err := save(t, db, named(), 0); err != nil {
			t.Fatal(err)
		}
		before := testkit.Dump(t, db)
		for _, seen := range []int{0, 2, -1} {
			_, err := save(t, db, named(), seen)
			testkit.WantFault(t, err, fault.Conflict, "settings.changed_meanwhile")
		}
		if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
			t.Errorf("a refused save changed the database (-want +got):\n%s", diff)
		}
	})
}

// Of several people who saw the same version one saves, the others are told.
func TestSave_AllAtOnce(t *testing.T) {
	testkit.OnBothEngines(t, func(t *testing.T, db *store.DB) {
		const people = 8
		saved := make(chan error, people)
		var all sync.WaitGroup
		for range people {
			all.Go(func() {
				saved <- db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
					_, err := settings.Save(tx, named(), 0)
					return err
				})
			})
		}
		all.Wait()
		close(saved)
		ok := 0
		for err := range saved {
			if err == nil {
				ok++
			} else if !fault.Is(err, fault.Conflict, "settings.changed_meanwhile") {
				t.Error(err)
			}
		}
		if ok != 1 || load(t, db).Version != 1 {
			t.Errorf("%d saved, the version is %d", ok, load(t, db).Version)
		}
	})
}

func TestSave_NamesEveryFieldThatIsWrong(t *testing.T) {
	stock := settings.Stock{
		ID: "own-1", Name: "自作", Paper: "A4", PaperW: 210, PaperH: 297, Columns: 2, Rows: 6,
		LabelW: 84, LabelH: 42, PitchX: 86, PitchY: 42, Left: 20, Top: 22.5,
	}
	for _, c := range []struct {
		name   string
		change func(*settings.Settings)
		column string
		code   string
	}{
		{"no name", func(s *settings.Settings) { s.Organization.Name = " " }, "organization.name", "settings.required"},
		{"postal code", func(s *settings.Settings) { s.Organization.Postal = "4000031" }, "organization.postal", "settings.postal"},
		{"phone", func(s *settings.Settings) { s.Pickup.Phone = "内線 12" }, "pickup.phone", "settings.phone"},
		{"months", func(s *settings.Settings) { s.Notice.DeadlineMonths = 0 }, "notice.deadlineMonths", "settings.range"},
		{"plain http", func(s *settings.Settings) { s.Notice.BookingURL = "http://example.jp/" }, "notice.bookingUrl", "settings.https"},
		{"unknown place", func(s *settings.Settings) { s.Notice.Paragraphs = []string{"{name}", "{nam}"} }, "notice.paragraphs.1", "settings.variable"},
		{"order", func(s *settings.Settings) { s.Notice.Order = "size" }, "notice.order", "settings.choice"},
		{"idle", func(s *settings.Settings) { s.IdleMinutes = 16 }, "idleMinutes", "settings.range"},
		{"a number that is none", func(s *settings.Settings) {
			s.Printers = []settings.Printer{{Name: "A", OffsetX: math.NaN(), ScaleX: 1, ScaleY: 1}}
		}, "printers.0.offsetX", "settings.range"},
		{"public address", func(s *settings.Settings) { s.LAN.Addresses = []string{"8.8.8.8"} }, "lan.addresses.0", "settings.address"},
		{"host name", func(s *settings.Settings) { s.LAN.Names = []string{"kofu pc"} }, "lan.names.0", "settings.host_name"},
		{"labels beyond the paper", func(s *settings.Settings) {
			wide := stock
			wide.Left = 41 // 41 + 86 + 84 = 211
			s.Stocks = []settings.Stock{wide}
		}, "stocks.0.paperW", "settings.beyond_paper"},
		{"labels over each other", func(s *settings.Settings) {
			tight := stock
			tight.PitchY = 40
			s.Stocks = []settings.Stock{tight}
		}, "stocks.0.labelH", "settings.labels_overlap"},
		{"the same stock twice", func(s *settings.Settings) { s.Stocks = []settings.Stock{stock, stock} }, "stocks.1.id", "settings.twice"},
		{"postal code of a town", func(s *settings.Settings) {
			s.Towns = []settings.Town{{Pref: "山梨県", City: "甲府市", Town: "丸の内", Zip7: "400-0031"}}
		}, "towns.0.zip7", "settings.zip7"},
		// 123456789018: check digit by 総務省令第85号第5条 (Σ = 6·1+5·2+4·3+3·4+2·5+7·6+6·7+5·8+4·9+3·0+2·1 = 212, 212 mod 11 = 3, 11−3 = 8)
		{"a 個人番号", func(s *settings.Settings) { s.StatusLabels = map[string]string{"KEPT": "保管 1234-5678-9018"} }, "statusLabels.KEPT", "settings.my_number"},
		{"control characters", func(s *settings.Settings) { s.Notice.Title = "お知らせ\x00" }, "notice.title", "settings.control_characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := testkit.DB(t)
			s := named()
			c.change(&s)
			_, err := save(t, db, s, 0)
			testkit.WantFault(t, err, fault.Invalid, "settings.invalid")
			var e *fault.Error
			if !errors.As(err, &e) || len(e.Details) != 1 || e.Details[0].Column != c.column || e.Details[0].Code != c.code {
				t.Fatalf("details %+v, want one %s at %s", e.Details, c.code, c.column)
			}
			text := message.OfDetail(e.Details[0])
			if strings.ContainsAny(text, "{") && c.code != "settings.variable" || strings.Contains(text, "settings.") {
				t.Errorf("the text is not ready for people: %q", text)
			}
			if strings.Contains(text, "9018") {
				t.Errorf("the text repeats the 個人番号: %q", text)
			}
			if load(t, db).Version != 0 {
				t.Error("a refused document was saved")
			}
		})
	}
}

func TestSettings_EveryFieldHasANameForPeople(t *testing.T) {
	for _, path := range leaves("", reflect.TypeFor[settings.Settings]()) {
		if code := "settings.field." + path; !message.Has(code) {
			t.Errorf("%s has no text", code)
		}
	}
}

// leaves names the fields of a document that hold no further fields.
func leaves(path string, typ reflect.Type) (all []string) {
	switch typ.Kind() {
	case reflect.Slice:
		return leaves(path, typ.Elem())
	case reflect.Struct:
		for f := range typ.Fields() {
			all = append(all, leaves(strings.TrimPrefix(path+"."+f.Tag.Get("json"), "."), f.Type)...)
		}
		return all
	}
	return []string{path}
}

func TestStatusLabel_OwnWordFirst(t *testing.T) {
	s := named()
	s.StatusLabels = map[string]string{"KEPT": "お預かり中"}
	if got := s.StatusLabel("KEPT"); got != "お預かり中" {
		t.Errorf("StatusLabel = %q", got)
	}
}
