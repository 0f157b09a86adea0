package web

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The screens are compiled against this file: a type that changes in Go alone
// would break them without a word.
func TestTypes_OfTheScreensAreThoseOfTheServer(t *testing.T) {
	want, err := Types()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../frontend/staff/src/types.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run «go generate ./internal/web» (-want +got):\n%s", diff)
	}
}

func TestTypes_RefusesTwoTypesOfOneName(t *testing.T) {
	first := Me{}
	type Me struct{}
	if typesOf(first, Me{}).err == nil {
		t.Error("two types called Me passed")
	}
}

func TestTypes_Forms(t *testing.T) {
	type inner struct {
		No string `json:"no"`
	}
	type Line struct {
		inner
		Count  int            `json:"count"`
		Share  *float64       `json:"share"`
		Parent *int64         `json:"parent,omitempty"`
		Tags   []string       `json:"tags"`
		Words  map[string]int `json:"words"`
		State  string         `json:"state" ts:"'open' | 'closed'"`
		Secret string         `json:"-"`
		Rows   []struct {
			A bool `json:"a"`
		} `json:"rows"`
	}
	const want = `export interface Line {
  no: string;
  count: number;
  share: number | null;
  parent?: number;
  tags: string[];
  words: Record<string, number>;
  state: 'open' | 'closed';
  rows: ({ a: boolean; })[];
}
`
	if diff := cmp.Diff(want, typesOf(Line{}).text["Line"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
