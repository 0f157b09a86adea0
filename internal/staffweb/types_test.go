package staffweb

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
