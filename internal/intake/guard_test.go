package intake_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/intake"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// A 個人番号 that somebody wrote into free text reaches neither a domain table
// nor the findings nor the sample of the preview.
func TestPreview_NumberInFreeTextIsNotStored(t *testing.T) {
	db := testkit.DB(t)
	const planted = "123456789018" // made up, with a valid check digit
	line := strings.TrimSuffix(cardLine(1, "髙﨑 花子", "19650401"), `""`) + `"番号 ` + planted + ` です"`
	run := preview(t, db, "納品一覧.csv", deliveryFile(t, line))
	if run.FindingsTotal != 1 || run.Findings[0].Code != "tabfile.my_number_masked" {
		t.Errorf("findings %+v, want a warning of the number", run.Findings)
	}
	if strings.Contains(testkit.Dump(t, db), planted) {
		t.Error("the preview stored the number")
	}
	if _, err := intake.Apply(t.Context(), db, testkit.Clerk, run.ID, nil); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(testkit.Dump(t, db), planted) {
		t.Error("the import stored the number")
	}
	if got := cards(t, db, "A1B-000001")[0].Remark; !strings.HasPrefix(got, "番号 ") {
		t.Errorf("remark %q, want the rest of it kept", got)
	}
}

func TestApply_TheCopyMustBeWhatWasSeen(t *testing.T) {
	db := testkit.DB(t)
	run := preview(t, db, "番号.txt", cp932(t, "A1B-000123"))
	path := spool(t, db)[0]
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %v (%v), want it for its owner only", info.Mode(), err)
	}
	if err := os.WriteFile(path, cp932(t, "A1B-000999"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := testkit.Dump(t, db)
	_, err := intake.Apply(t.Context(), db, testkit.Clerk, run.ID, nil)
	testkit.WantFault(t, err, fault.Conflict, "import.spool_changed")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = intake.Apply(t.Context(), db, testkit.Clerk, run.ID, nil)
	testkit.WantFault(t, err, fault.Conflict, "import.spool_gone")
	if before != testkit.Dump(t, db) {
		t.Error("a refused import changed the database")
	}

	jobs := intake.NewJobs(t.Context(), db)
	if err := jobs.Start(t.Context(), testkit.Clerk, run.ID); err != nil {
		t.Fatal(err)
	}
	jobs.Wait()
	testkit.Read(t, db, func(rx *store.Rx) error {
		run, err := intake.ByID(rx, run.ID)
		if run.State != intake.Failed || run.Reason != "import.spool_gone" {
			t.Errorf("import %+v, want it failed with its reason", run)
		}
		return err
	})
}

func TestPreview_ProfileChosenByHandAndUnclear(t *testing.T) {
	db := testkit.DB(t)
	ambiguous := "A1B-000123\r\n"
	run, err := intake.Preview(t.Context(), db, testkit.Clerk, intake.Upload{
		FileName: "x.bin", Reader: strings.NewReader(ambiguous), Profile: "notice_no_list", LotNo: "20261118-09",
	})
	if err != nil || run.LotNo != "20261118-09" {
		t.Errorf("run %+v, error %v", run, err)
	}
	_, err = intake.Preview(t.Context(), db, testkit.Clerk, intake.Upload{FileName: "x.bin", Reader: strings.NewReader(ambiguous), Profile: "nonsense"})
	testkit.WantFault(t, err, fault.Invalid, "import.no_such_profile")
}

func TestWriteRejected_HoldsNoFormula(t *testing.T) {
	db := testkit.DB(t)
	file := bytes.NewReader(cp932(t, "A1B-000123", "=1+1", "+81", "@x", "－1"))
	run, err := intake.Preview(t.Context(), db, testkit.Clerk, intake.Upload{FileName: "番号.txt", Reader: file, Profile: "notice_no_list"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := intake.WriteRejected(t.Context(), db, run.ID, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{",'=1+1,", ",'+81,", ",'@x,", ",'－1,"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// The name of a file is kept and shown.
func TestPreview_NameOfTheFile(t *testing.T) {
	db := testkit.DB(t)
	run := preview(t, db, "x/123456789018\u202evsc.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	if want := "************vsc.csv"; run.FileName != want {
		t.Errorf("name %q, want %q", run.FileName, want)
	}
}

func TestPreview_Workbook(t *testing.T) {
	db := testkit.DB(t)
	before := testkit.Dump(t, db)
	for _, head := range []string{"PK\x03\x04\x14\x00", "\xD0\xCF\x11\xE0\xA1\xB1"} {
		_, err := intake.Preview(t.Context(), db, testkit.Clerk, intake.Upload{FileName: "納品一覧.csv", Reader: strings.NewReader(head + "…")})
		testkit.WantFault(t, err, fault.Invalid, "import.workbook")
	}
	if after := testkit.Dump(t, db); after != before {
		t.Error("a refused file left something behind")
	}
}

func TestUndo_ReasonThatMustNotBeKept(t *testing.T) {
	db := testkit.DB(t)
	run := apply(t, db, "納品一覧.csv", deliveryFile(t, cardLine(1, "髙﨑 花子", "19650401")))
	for reason, code := range map[string]string{
		" 　":              "import.reason_missing",
		"誤り 123456789018": "entry.my_number",
	} {
		_, err := intake.Undo(t.Context(), db, testkit.Clerk, run.ID, reason)
		testkit.WantFault(t, err, fault.Invalid, code)
	}
	if strings.Contains(testkit.Dump(t, db), "123456789018") {
		t.Error("the number was stored")
	}
}
