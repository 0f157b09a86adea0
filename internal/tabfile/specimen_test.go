package tabfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kofu/internal/jptext"
	"kofu/internal/message"
	"kofu/internal/tabfile"
)

// specimens are the files of testdata/layouts by the profile that reads them.
var specimens = map[string]string{
	"jlis_delivery_csv_v1":  "j1_jlis_delivery_csv_v1.csv",
	"jlis_delivery_fixed":   "j2_jlis_delivery_fixed.txt",
	"notice_no_list":        "j3_notice_no_list.txt",
	"registry_standard":     "r_a_registry_standard.csv",
	"registry_legacy_cp932": "r_b_registry_legacy_cp932.csv",
	"registry_fixed_hdt":    "r_d_registry_fixed_hdt.txt",
}

func specimen(t testing.TB, id string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/layouts", specimens[id]))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func profile(t testing.TB, id string) tabfile.Profile {
	t.Helper()
	p, ok := tabfile.ByID(tabfile.BuiltIn(), id)
	if !ok {
		t.Fatalf("no profile %q", id)
	}
	return p
}

// read returns the rows as maps of target to text, without blank values.
func read(t testing.TB, p tabfile.Profile, file []byte) ([]map[string]string, tabfile.Report, error) {
	t.Helper()
	var rows []map[string]string
	report, err := tabfile.Read(t.Context(), bytes.NewReader(file), p, tabfile.Sink{Row: func(r tabfile.Row) error {
		row := map[string]string{}
		for _, target := range r.Targets() {
			if text := r.Text(target); text != "" {
				row[target] = text
			}
		}
		rows = append(rows, row)
		return nil
	}})
	return rows, report, err
}

func TestSpecimens_ReadWithoutFindings(t *testing.T) {
	for id := range specimens {
		t.Run(id, func(t *testing.T) {
			rows, report, err := read(t, profile(t, id), specimen(t, id))
			if err != nil {
				t.Fatalf("%v: %s", err, message.Of(err))
			}
			if len(rows) != 8 || report.Rows != 8 || report.Accepted != 8 || report.Rejected != 0 {
				t.Errorf("%d rows, report %+v", len(rows), report)
			}
			for _, f := range report.Findings {
				t.Errorf("finding: %s", message.OfDetail(f.Detail()))
			}
			if len(report.Sample) != 8 || len(report.Sample[0]) > len(report.Columns) {
				t.Errorf("sample of %d rows under %v", len(report.Sample), report.Columns)
			}
		})
	}
}

func TestSpecimens_FirstRow(t *testing.T) {
	delivery := map[string]string{
		"lot_no": "20261118-01", "shipped_on": "2026-11-18", "box_no": "001", "box_seq": "0001", "notice_no": "A1B-000123",
		"application_id": "12345678901234567890123", "application_kind": "1", "applied_on": "2026-10-22", "name": "髙﨑 花子",
		"address": "○○市△△町一丁目2番3号", "birth": "1965-04-01", "card_expires_on": "2036-04-01", "has_certificate": "1", "delivery_method": "1",
	}
	for id, want := range map[string]map[string]string{
		"jlis_delivery_csv_v1": delivery,
		"jlis_delivery_fixed":  delivery,
		"notice_no_list":       {"notice_no": "A1B-000123"},
		"registry_standard": {
			"resident_no": "0001234567", "household_no": "0000765432", "resident_kind": "1", "resident_state": "1", "event_date": "2026-11-02",
			"event_date_unknown": "0", "event_code": "41", "name": "髙﨑 花子", "kana": "タカサキ ハナコ", "name_priority": "01", "sex": "2", "birth": "1965-04-01",
			"birth_unknown": "0", "postal_code": "9990001", "prefecture": "○○県", "city": "○○市", "town": "△△町一丁目", "block": "2番3号",
		},
		"registry_legacy_cp932": {
			"resident_no": "0001234567", "kana": "ﾀｶｻｷ ﾊﾅｺ", "name": "髙﨑 花子", "sex": "2", "birth": "1965-04-01", "event_date": "2026-11-02",
			"event_code": "41", "address": "○○市△△町一丁目2番3号",
		},
		"registry_fixed_hdt": {
			"resident_no": "0001234567", "name": "髙﨑　花子", "sex": "2", "birth": "1965-04-01", "kana": "ﾀｶｻｷ ﾊﾅｺ", "household_no": "0000765432",
			"resident_kind": "1", "resident_state": "1", "event_date": "2026-11-02", "event_code": "41", "postal_code": "9990001", "address": "○○市△△町一丁目2番3号",
		},
	} {
		t.Run(id, func(t *testing.T) {
			rows, _, err := read(t, profile(t, id), specimen(t, id))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, rows[0]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSpecimens_AreDetected(t *testing.T) {
	for id, name := range specimens {
		t.Run(id, func(t *testing.T) {
			got, guess, err := tabfile.DetectFile(name, bytes.NewReader(specimen(t, id)), tabfile.BuiltIn())
			if err != nil || len(got) == 0 || got[0].ID != id || got[0].Encoding != "" {
				t.Fatalf("candidates %v, %v", got, err)
			}
			if want := profile(t, id).Encoding; guess.Encoding != want && !guess.ASCII {
				t.Errorf("encoding %v, want %s", guess, want)
			}
			if anon := tabfile.Detect("file", specimen(t, id), tabfile.BuiltIn()); len(anon) == 0 || anon[0].ID != id {
				t.Errorf("without a name: %v", anon)
			}
		})
	}
	// The same list in another encoding is still proposed, so that the refusal
	// can name both encodings.
	text, _ := jptext.Decode(jptext.CP932, specimen(t, "jlis_delivery_csv_v1"))
	got := tabfile.Detect("list.csv", []byte(text), tabfile.BuiltIn())
	if len(got) == 0 || got[0].ID != "jlis_delivery_csv_v1" || got[0].Encoding != jptext.UTF8 {
		t.Errorf("UTF-8 under a CP932 profile: %v", got)
	}
	if got := tabfile.Detect("a.csv", []byte("to be, or not to be\nthat is the question\n"), tabfile.BuiltIn()); len(got) != 0 {
		t.Errorf("a foreign file is proposed as %v", got)
	}
}
