package resident_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"kofu/internal/fault"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// all is the set of a file that has a column for everything.
const all = resident.Fields(1<<31 - 1)

// stored ignores what the package adds by itself.
var stored = cmpopts.IgnoreFields(resident.Resident{}, "ID", "Digest", "ImportID", "AddedBy", "UpdatedAt")

func person(no string) resident.Resident {
	return resident.Resident{No: no, Name: "髙﨑 花子", Birth: "1965-04-01", BirthRaw: "19650401", Address: "○○市△△町一丁目2番3号", GaijiSet: "juki"}
}

func put(t testing.TB, db *store.DB, importID int64, row resident.Row) (out resident.Outcome) {
	t.Helper()
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) (err error) {
		out, err = resident.Put(tx, importID, &row)
		return err
	})
	return out
}

func byNo(t testing.TB, db *store.DB, no string) (r resident.Resident) {
	t.Helper()
	testkit.Read(t, db, func(rx *store.Rx) (err error) {
		r, _, err = resident.ByNo(rx, no)
		return err
	})
	return r
}

func TestPut_KeepsEveryCharacter(t *testing.T) {
	db := testkit.DB(t)
	want := resident.Resident{
		No: "000000000001234", HouseholdNo: "0000765432", Kind: "2", State: "1",
		Name: "𠮷田\u3000葛\U000E0102城", Kana: "ﾖｼﾀﾞ ｶﾂﾗｷﾞ", NameRoman: "MARIA  SANTOS", NameKanji: "\ue123\uf8ff",
		FormerSurname: "髙﨑", Alias: "か\u3099 が", AliasKana: "", NamePriority: "05", Sex: "2",
		Birth: "1945", BirthRaw: "昭和２０年頃", Relation: "子の子", PostalCode: "940-8501",
		Address: "住所不定 〜～−－‖∥ 1\t2", Building: " △△ハイツ\r\n101号室 ", StayExpiresOn: "2027-03-31", GaijiSet: "juki",
	}
	put(t, db, 1, resident.Row{Resident: want, Has: all})
	got := byNo(t, db, want.No)
	if diff := cmp.Diff(want, got, stored); diff != "" {
		t.Errorf("stored otherwise than received (-want +got):\n%s", diff)
	}
	changed := want
	changed.Building = ""
	put(t, db, 2, resident.Row{Resident: changed, Has: all})
	testkit.Write(t, db, testkit.Supervisor, func(tx *store.Tx) error {
		_, err := resident.Undo(tx, 2)
		return err
	})
	got = byNo(t, db, want.No)
	if diff := cmp.Diff(want, got, stored); diff != "" {
		t.Errorf("brought back otherwise than received (-want +got):\n%s", diff)
	}
}

func TestPut_FileWithoutAColumnKeepsWhatIsStored(t *testing.T) {
	db := testkit.DB(t)
	first := person("1")
	first.HouseholdNo = "77"
	put(t, db, 1, resident.Row{Resident: first, Has: all})

	second := resident.Resident{No: "1", Name: "髙﨑 華子"}
	out := put(t, db, 2, resident.Row{Resident: second, Has: resident.Fields(0).With(resident.Name)})
	if out.Change != resident.Changed {
		t.Errorf("change %v, want Changed", out.Change)
	}
	want := first
	want.Name = "髙﨑 華子"
	got := byNo(t, db, "1")
	if diff := cmp.Diff(want, got, stored); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPut_SameRowWritesNothing(t *testing.T) {
	db := testkit.DB(t)
	row := resident.Row{Resident: person("1"), Has: all, Event: resident.Event{Code: "41", CodeRaw: "K1", HappenedOn: "2026-11-02"}}
	if out := put(t, db, 1, row); out.Event.ID == 0 || out.Change != resident.New {
		t.Errorf("first time: %+v, want a new person and an event", out)
	}
	before := testkit.Dump(t, db)
	if out := put(t, db, 2, row); out.Change != resident.Unchanged || out.Event.ID != 0 {
		t.Errorf("second time: %+v, want nothing", out)
	}
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("the same row wrote something (-want +got):\n%s", diff)
	}
}

func TestPut_EventIsKnownOnce(t *testing.T) {
	db := testkit.DB(t)
	row := resident.Row{Resident: person("1"), Has: all, Event: resident.Event{Code: "23", HappenedOn: "2026-11-20"}}
	put(t, db, 1, row)
	row.Address = "□□町4番5号" // the event is sent again with another change
	if out := put(t, db, 2, row); out.Event.ID != 0 || out.Change != resident.Changed {
		t.Errorf("%+v, want a changed person without a new event", out)
	}
}

func TestByName(t *testing.T) {
	db := testkit.DB(t)
	foreign := resident.Resident{No: "2", Name: "CHEN DAWEN", NameKanji: "陳 大文", Alias: "青木 大文", Birth: "1990-01-02"}
	twin := person("3")
	twin.Name = "高崎　花子"
	for i, r := range []resident.Resident{person("1"), foreign, twin} {
		put(t, db, int64(i+1), resident.Row{Resident: r, Has: all})
	}
	for _, c := range []struct {
		name, birth string
		want        []string
	}{
		{"髙﨑 花子", "1965-04-01", []string{"1", "3"}}, // old forms and spaces fold
		{"髙﨑 花子", "1965-04-02", nil},
		{"青木大文", "1990-01-02", []string{"2"}},
		{"陳大文", "1990-01-02", []string{"2"}},
		{"Chen Dawen", "1990-01-02", []string{"2"}},
	} {
		var got []string
		testkit.Read(t, db, func(rx *store.Rx) error {
			found, err := resident.ByName(rx, resident.Resident{Name: c.name}.Keys()[0], c.birth)
			for _, r := range found {
				got = append(got, r.No)
			}
			return err
		})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.name, c.birth, diff)
		}
	}
}

func TestUndo_RefusesWhatALaterImportChanged(t *testing.T) {
	db := testkit.DB(t)
	put(t, db, 1, resident.Row{Resident: person("1"), Has: all})
	moved := person("1")
	moved.Address = "□□町4番5号"
	put(t, db, 2, resident.Row{Resident: moved, Has: all})
	before := testkit.Dump(t, db)
	err := db.Write(t.Context(), testkit.Supervisor, func(tx *store.Tx) error {
		_, err := resident.Undo(tx, 1)
		return err
	})
	testkit.WantFault(t, err, fault.Conflict, "registry.changed_later")
	if e, _ := fault.As(err); len(e.Details) != 1 || e.Details[0].Value != "1" {
		t.Errorf("details %+v, want number 1", e.Details)
	}
	if diff := cmp.Diff(before, testkit.Dump(t, db)); diff != "" {
		t.Errorf("a refused undo changed the database (-want +got):\n%s", diff)
	}
}

// Random imports and undoings of the newest one equal a stack of maps.
func TestPutAndUndo_EqualAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := testkit.DB(t)
		model := []map[string]string{{}}
		ids := []int64{0}
		next := int64(1)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			if len(model) > 1 && rapid.IntRange(0, 3).Draw(rt, "undo") == 0 {
				testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
					_, err := resident.Undo(tx, ids[len(ids)-1])
					return err
				})
				model, ids = model[:len(model)-1], ids[:len(ids)-1]
			} else {
				model = append(model, importRandom(rt, t, db, next, model[len(model)-1]))
				ids = append(ids, next)
				next++
			}
			compareModel(rt, t, db, model[len(model)-1])
		}
	})
}

// importRandom puts random rows in one import and returns the model's answer.
func importRandom(rt *rapid.T, t *testing.T, db *store.DB, id int64, before map[string]string) map[string]string {
	after := map[string]string{}
	for no, name := range before {
		after[no] = name
	}
	rows := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) [3]string {
		return [3]string{
			rapid.SampledFrom([]string{"1", "01", "2", "3"}).Draw(rt, "no"),
			rapid.SampledFrom([]string{"髙﨑", "高崎", "\ue000", "𠮷"}).Draw(rt, "name"),
			rapid.SampledFrom([]string{"", "21", "41", "28"}).Draw(rt, "event"),
		}
	}), 0, 6).Draw(rt, "rows")
	testkit.Write(t, db, testkit.Clerk, func(tx *store.Tx) error {
		for _, row := range rows {
			r := resident.Row{
				Resident: resident.Resident{No: row[0], Name: row[1]}, Has: resident.Fields(0).With(resident.Name),
				Event: resident.Event{Code: row[2], HappenedOn: fmt.Sprintf("2026-11-%02d", id%28+1)},
			}
			if _, err := resident.Put(tx, id, &r); err != nil {
				return err
			}
			after[row[0]] = row[1]
		}
		return nil
	})
	return after
}

func compareModel(rt *rapid.T, t *testing.T, db *store.DB, want map[string]string) {
	got := map[string]string{}
	testkit.Read(t, db, func(rx *store.Rx) error {
		for _, no := range []string{"1", "01", "2", "3"} {
			if r, found, err := resident.ByNo(rx, no); err != nil {
				return err
			} else if found {
				got[no] = r.Name
			}
		}
		return nil
	})
	if diff := cmp.Diff(want, got); diff != "" {
		rt.Fatalf("(-want +got):\n%s", diff)
	}
}

func TestLogValue_HoldsNoName(t *testing.T) {
	if got := person("1").LogValue().String(); strings.Contains(got, "花子") {
		t.Errorf("log value %q holds a name", got)
	}
}
