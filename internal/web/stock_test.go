package web

import (
	"encoding/json"
	"testing"

	"kofu/internal/settings"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

func TestLabelStocks_OwnOnesFirst(t *testing.T) {
	f := newFixture(t)
	config := settings.Default()
	config.Organization.Name = "甲府市"
	config.Stocks = []settings.Stock{{
		ID: "own-1", Name: "倉庫の 12 面", Maker: "自作", Paper: "A4", PaperW: 210, PaperH: 297, Columns: 2, Rows: 6,
		LabelW: 84, LabelH: 42, PitchX: 86, PitchY: 42, Left: 20, Top: 22.5,
	}}
	testkit.Write(t, f.DB, testkit.Supervisor, func(tx *store.Tx) error {
		_, err := settings.Save(tx, config, 0)
		return err
	})
	var rows []LabelStock
	if err := json.Unmarshal(f.Do("GET", "/api/label-stocks", "notice", "").Body.Bytes(), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 36 { // 35 built-in
		t.Fatalf("%d stocks, want 36", len(rows))
	}
	want := LabelStock{ID: "own-1", Name: "倉庫の 12 面", Maker: "自作", Paper: "A4", Columns: 2, Rows: 6, LabelW: 84, LabelH: 42, Barcode: true}
	if rows[0] != want {
		t.Errorf("own stock %+v, want %+v", rows[0], want)
	}
	want = LabelStock{
		ID: "12up-84x42-aone-28187", Name: "12 面 84×42 mm(A-one 28187 28188 28729)", Maker: "A-one 28187 28188 28729",
		Paper: "A4", Columns: 2, Rows: 6, LabelW: 84, LabelH: 42, Barcode: true,
	}
	if rows[1] != want {
		t.Errorf("first built-in stock %+v, want %+v", rows[1], want)
	}
	for _, row := range rows {
		if row.ID == settings.Default().Notice.Stock {
			return
		}
	}
	t.Error("the usual stock of the settings is none of them")
}
