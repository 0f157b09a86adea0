package paper_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"kofu/internal/glyph"
	"kofu/internal/paper"
)

const standard = "12up-84x42-aone-28187"

func labels(t testing.TB, stockName string) paper.Labels {
	return paper.Labels{Press: press(t), Title: "宛名ラベル", Stock: stock(t, stockName), Start: 1, Barcode: true}
}

func render(t testing.TB, l paper.Labels, pieces []paper.Addressee) ([]byte, paper.Report) {
	t.Helper()
	var out bytes.Buffer
	report, err := l.Render(t.Context(), &out, pieces, nil)
	if err != nil {
		t.Fatal(err, report)
	}
	return out.Bytes(), report
}

// samples are the kinds of addressees that make trouble.
func samples() []paper.Addressee {
	list := []paper.Addressee{
		{Name: "山田　太郎", Postal: "1020075", Address: "東京都千代田区三番町６番地３"},
		{Name: "葛󠄂城　邉󠄐子", Postal: "1040032", Address: "東京都中央区八丁堀二丁目８番１号", Annex: "八丁堀グランドハイツ１２０３号室"},
		{Name: "𠮷田　髙志", Postal: "0600906", Address: "北海道札幌市東区北六条東４丁目１番地２３", Annex: "サンライズ６号館４０５"},
		{Name: "\ue000\ue001　花子", Postal: "6230011", Address: "京都府綾部市青野町綾部６－７", Annex: "ＬプラザＢ１０６", GaijiSet: "juki"},
		{Name: "NGUYEN THI PHUONG ANH MARIA GRACIELA SANTOS", Postal: "2730102", Address: "千葉県鎌ケ谷市右京塚１１番３０号", Annex: "メゾン・ド・鎌ケ谷 101"},
		{Name: "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末食う寝る", Postal: "9100067", Address: "福井県福井市新田塚３丁目80-25", Annex: "J1ビル2-B"},
		{Name: "長谷川　一", Postal: "3501106", Address: "埼玉県川越市大字小室２２番地１", Annex: "特別養護老人ホーム社会福祉法人交付会ひかりの里ケアセンター川越第二別館東棟三階三〇八号室長谷川次郎様方気付　介護支援専門員室内　郵便受付係一番窓口扱い（平日九時から五時）"},
		{Name: "鈴木　一郎", Postal: "1000000", Address: "東京都千代田区どこか一丁目１番１号"},
	}
	for i := range list {
		list[i].Key, list[i].Honorific = fmt.Sprint("k", i), "様"
		list[i].Serial = fmt.Sprintf("0007-%05d/%05d", i+1, len(list))
	}
	return list
}

func TestLabels_Look(t *testing.T) {
	for _, name := range []string{standard, "18up-63.5x46.5-aone-28370", "21up-70x42.3-aone-28363", "24up-66x33.9-aone-28369", "65up-38.1x21.2-hisago-elm023", "44up-48.3x25.4-aone-28368", "12up-99x38-sanwa-ta-401a", "24up-91x42.8-hisago-gb865"} {
		l := labels(t, name)
		l.Outlines = true
		l.Start = 2
		report, err := l.Preflight(t.Context(), samples(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: overflow %v, no barcode %v, glyphs %v", name, report.Overflow, report.NoBarcode, report.Glyphs)
		bad := map[string]bool{}
		for _, o := range report.Overflow {
			bad[o.Key] = true
		}
		var fit []paper.Addressee
		for _, a := range samples() {
			if !bad[a.Key] {
				fit = append(fit, a)
			}
		}
		l.Control = &paper.Control{Title: "宛名ラベル", Run: "0007", Facts: []paper.Fact{{Label: "印刷した人", Text: "職員 一"}}}
		pdf, _ := render(t, l, fit)
		text := tool(t, "pdftotext", "-layout", save(t, name, pdf), "-")
		_ = text
	}
	_ = glyph.Box
	_ = strings.Join
}
