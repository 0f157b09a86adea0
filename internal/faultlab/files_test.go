//go:build faultlab

package faultlab_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/internal/faultlab"
	"kofu/internal/jptext"
)

// deliveryList writes the lot in J-LIS sample layout J1.
func deliveryList(t *testing.T, l faultlab.Lot) []byte {
	t.Helper()
	var b strings.Builder
	row := func(fields ...string) { b.WriteString(`"` + strings.Join(fields, `","`) + "\"\r\n") }
	row("発送番号", "発送日", "箱番号", "箱内連番", "交付通知書番号", "申請書ID", "申請区分", "受付年月日",
		"氏名", "住所", "生年月日", "カード有効期限", "電子証明書有無", "交付方式", "摘要")
	for i, no := range l.Numbers {
		row(l.No, "20261118", "001", fmt.Sprintf("%04d", i+1), no, fmt.Sprintf("%s%s%012d", l.No[:8], l.No[9:], i+1), "1", "20261022",
			"試験 花子", "試験市一丁目2番3号", "19650401", "20360401", "1", "1", "")
	}
	return cp932(t, b.String())
}

// town stands before the number of the night in every address.
const town = "試験市見本町"

// registryFile writes the register of a night in sample layout R-B: every
// resident has moved within the city since the night before.
func registryFile(t *testing.T, night int) []byte {
	t.Helper()
	var b strings.Builder
	for i := range residents {
		fmt.Fprintf(&b, "%010d,ｼｹﾝ ｼﾞﾛｳ,試験 次郎%d,1,19700401,%s,K1,%s%d\r\n", i+1, i+1, moved(night), town, night)
	}
	fmt.Fprintf(&b, "\"END\",%06d\r\n", residents)
	return cp932(t, b.String())
}

// moved is the day on which everybody moved before the night.
func moved(night int) string {
	return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, night).Format("20060102")
}

func cp932(t *testing.T, text string) []byte {
	t.Helper()
	file, bad := jptext.Encode(jptext.CP932, text)
	if len(bad) > 0 {
		t.Fatalf("not in CP932: %v", bad)
	}
	return file
}

// seeRegister reads the register with another SQLite program.
func seeRegister(t *testing.T, dir string) faultlab.SeenRegister {
	t.Helper()
	count := func(statement string) map[string]int {
		out, err := exec.CommandContext(t.Context(), "sqlite3", "-readonly", "-json", filepath.Join(dir, "kofu.db"), statement).Output()
		if err != nil {
			t.Fatal(err)
		}
		var rows []struct {
			Of string
			N  int
		}
		if len(out) > 0 {
			if err := json.Unmarshal(out, &rows); err != nil {
				t.Fatal(err)
			}
		}
		counts := map[string]int{}
		for _, row := range rows {
			counts[row.Of] = row.N
		}
		return counts
	}
	nights := map[string]int{}
	for night := range 3000 {
		nights[moved(night)] = night
		nights[fmt.Sprint(town, night)] = night
	}
	seen := faultlab.SeenRegister{Residents: map[int]int{}, Moves: map[int]int{}}
	for address, n := range count("SELECT address AS Of, count(*) AS N FROM resident GROUP BY address") {
		seen.Residents[nights[address]] += n
	}
	for day, n := range count("SELECT replace(happened_on, '-', '') AS Of, count(*) AS N FROM resident_event GROUP BY 1") {
		seen.Moves[nights[day]] += n
	}
	return seen
}
