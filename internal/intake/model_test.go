package intake_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kofu/internal/fault"
	"kofu/internal/intake"
	"kofu/internal/resident"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// model is what the registry must hold after each applied import, oldest first.
type model struct {
	states []map[string]string // 宛名番号 → address
	runs   []int64
	files  map[string]bool // contents applied and not undone
	file   map[int64]string
}

// Random sequences of previews, imports, cancellations and undoings equal the
// model; what a preview announces is what the import does.
func TestImports_EqualAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := testkit.DB(t)
		m := &model{states: []map[string]string{{}}, files: map[string]bool{}, file: map[int64]string{}}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			if len(m.runs) > 0 && rapid.IntRange(0, 3).Draw(rt, "undo") == 0 {
				m.undo(rt, t, db)
			} else {
				m.take(rt, t, db)
			}
			m.compare(rt, t, db)
		}
	})
}

func (m *model) take(rt *rapid.T, t *testing.T, db *store.DB) {
	now := map[string]string{}
	for no, address := range m.states[len(m.states)-1] {
		now[no] = address
	}
	var rows [][6]string
	for i := range rapid.IntRange(1, 5).Draw(rt, "rows") {
		no := fmt.Sprintf("%010d", rapid.IntRange(1, 4).Draw(rt, fmt.Sprintf("no %d", i)))
		address := rapid.SampledFrom([]string{"○○市1", "○○市2", "○○市～1", ""}).Draw(rt, fmt.Sprintf("address %d", i))
		code := rapid.SampledFrom([]string{"", "K1", "T3", "C2"}).Draw(rt, fmt.Sprintf("event %d", i))
		rows = append(rows, [6]string{no, "髙﨑 花子", "19650400", "20261102", code, address})
		now[no] = address
	}
	file := legacy(t, rows...)
	run, err := intake.Preview(t.Context(), db, testkit.Clerk, intake.Upload{FileName: "住記抽出.csv", Reader: bytes.NewReader(file)})
	if m.files[string(file)] {
		if !fault.Is(err, fault.Conflict, "import.same_file") {
			rt.Fatalf("the same file again: %v", err)
		}
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	if rapid.IntRange(0, 4).Draw(rt, "cancel") == 0 {
		if err := intake.Cancel(t.Context(), db, testkit.Clerk, run.ID); err != nil {
			rt.Fatal(err)
		}
		return
	}
	done, err := intake.Apply(t.Context(), db, testkit.Clerk, run.ID, nil)
	if err != nil {
		rt.Fatal(err)
	}
	if done.Counts != run.Counts || done.Counts.New != len(now)-len(m.states[len(m.states)-1]) {
		rt.Fatalf("preview %+v, import %+v, %d new", run.Counts, done.Counts, len(now)-len(m.states[len(m.states)-1]))
	}
	m.states, m.runs = append(m.states, now), append(m.runs, run.ID)
	m.files[string(file)], m.file[run.ID] = true, string(file)
}

// undo takes the newest import back.
func (m *model) undo(rt *rapid.T, t *testing.T, db *store.DB) {
	last := m.runs[len(m.runs)-1]
	if _, err := intake.Undo(t.Context(), db, testkit.Supervisor, last, "試し"); err != nil {
		rt.Fatal(err)
	}
	delete(m.files, m.file[last])
	m.states, m.runs = m.states[:len(m.states)-1], m.runs[:len(m.runs)-1]
}

func (m *model) compare(rt *rapid.T, t *testing.T, db *store.DB) {
	got := map[string]string{}
	testkit.Read(t, db, func(rx *store.Rx) error {
		for i := range 4 {
			no := fmt.Sprintf("%010d", i+1)
			if r, found, err := resident.ByNo(rx, no); err != nil {
				return err
			} else if found {
				got[no] = r.Address
			}
		}
		return nil
	})
	if diff := cmp.Diff(m.states[len(m.states)-1], got); diff != "" {
		rt.Fatalf("(-want +got):\n%s", diff)
	}
}
