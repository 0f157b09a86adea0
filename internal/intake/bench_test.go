package intake_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"kofu/internal/intake"
	"kofu/internal/testkit"
)

// BenchmarkRegistry imports 100,000 people, then the same file with 1 % of
// them moved.
func BenchmarkRegistry(b *testing.B) {
	const people = 100_000
	file := func(moved int) []byte {
		var text strings.Builder
		for i := range people {
			address := "○○市△△町1-2-3"
			if i%100 < moved {
				address = "○○市□□町4-5"
			}
			fmt.Fprintf(&text, "%010d,ﾀｶｻｷ ﾊﾅｺ,髙﨑 花子%d,2,19650401,20261102,K1,%s\r\n", i+1, i%5000, address)
		}
		fmt.Fprintf(&text, "\"END\",%06d", people)
		return cp932(b, text.String())
	}
	first, second := file(0), file(1)
	for range b.N {
		db := testkit.DB(b)
		for _, f := range []struct {
			name    string
			content []byte
		}{{"first", first}, {"second", second}} {
			start := time.Now()
			run, err := intake.Preview(b.Context(), db, testkit.Clerk, intake.Upload{FileName: "住記抽出.csv", Reader: bytes.NewReader(f.content)})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(time.Since(start).Seconds(), f.name+"-preview-s")
			start = time.Now()
			if _, err := intake.Apply(b.Context(), db, testkit.Clerk, run.ID, nil); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(time.Since(start).Seconds(), f.name+"-apply-s")
			b.ReportMetric(float64(run.Counts.New+run.Counts.Changed), f.name+"-rows")
		}
	}
}
