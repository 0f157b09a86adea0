package paper_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"kofu/internal/fault"
	"kofu/internal/paper"
)

const linkURL = "HTTPS://YOYAKU.EXAMPLE.LG.JP/C/1234567890123452"

func letters(t testing.TB) paper.Letters {
	return paper.Letters{Press: press(t), Title: "交付通知書", Barcode: true, Form: paper.LetterForm{
		Sender: paper.Sender{Organization: "架空県交付市長", Section: "市民部 市民課 マイナンバーカード交付係", Postal: "〒999-0101", Address: "架空県交付市本町一丁目1番1号", Phone: "電話 099-000-0101(直通)"},
		Title:  "マイナンバーカードのお受け取りのご案内",
		Body: []string{
			"　申請されたマイナンバーカード(個人番号カード)ができました。{deadline}までに、下の場所でお受け取りください。お受け取りには予約が必要です。",
			"　期限を過ぎるとカードを廃棄することがあります。都合が悪いときは、お早めにご連絡ください。",
		},
		Closing: []string{"　ご本人が病気などで来られないときは、代理の方が受け取れる場合があります。必要な書類が変わりますので、先に電話でお尋ねください。"},
	}}
}

func letter(a paper.Addressee) paper.Letter {
	return paper.Letter{
		To: a, Date: "令和8年11月24日", NoticeNo: "通知番号 2026-000123",
		Facts: []paper.Fact{
			{Label: "お受け取りの場所", Text: "交付市役所 本庁舎1階 マイナンバーカード交付窓口"},
			{Label: "受付時間", Text: "平日 午前9時から午後5時まで(第2日曜日は午前9時から正午まで)"},
			{Label: "お受け取りの期限", Text: "令和9年2月26日(金)", Strong: true},
		},
		Items: []string{
			"この通知書", "本人確認書類(運転免許証、旅券など顔写真付きのもの1点。ない方は健康保険の資格確認書などを2点)",
			"通知カード(お持ちの方)", "住民基本台帳カード(お持ちの方)", "前のマイナンバーカード(更新の方)",
		},
		Link:    &paper.Link{Code: "1234567890123452", URL: linkURL, Short: "yoyaku.example.lg.jp/c", Phone: "099-000-0102"},
		Counter: "2100000001231",
		Values:  map[string]string{"deadline": "令和9年2月26日(金)"},
	}
}

func renderLetters(t testing.TB, l paper.Letters, list []paper.Letter) ([]byte, paper.Report) {
	t.Helper()
	var out bytes.Buffer
	report, err := l.Render(t.Context(), &out, list, nil)
	if err != nil {
		t.Fatal(err, report)
	}
	return out.Bytes(), report
}

func TestLetters(t *testing.T) {
	var list []paper.Letter
	for _, a := range samples() {
		list = append(list, letter(a))
	}
	list[1].Items = append(list[1].Items, "法定代理人の本人確認書類(15歳未満の方、成年被後見人の方)", "戸籍謄本または登記事項証明書(同じ世帯でない方)", "委任状", "診断書または入所証明書", "在留カード", "暗証番号を考えておいてください(署名用は英数字6文字以上16文字以下、ほかは数字4けた)")
	list[1].Facts = append(list[1].Facts, paper.Fact{Label: "所在地", Text: "架空県交付市本町一丁目1番1号 本庁舎(最寄りのバス停は市役所前です。駐車場の数に限りがあります)"})
	list[1].Items = slices.Concat(list[1].Items, list[1].Items) // too much for one sheet, however closely set
	l := letters(t)
	l.Control = &paper.Control{Title: "通知書", Run: "0007"}
	pdf, report := renderLetters(t, l, list)
	if report.Sheets != len(list)+1 {
		t.Errorf("%d sheets for %d letters of which one has two", report.Sheets, len(list))
	}
	path := save(t, "letters", pdf)
	page1 := tool(t, "pdftotext", "-raw", "-f", "2", "-l", "2", path, "-")
	for _, want := range []string{"山田 太郎 様", "東京都千代田区三番町６番地３", "１０２－００７５", "令和8年11月24日", "通知番号 2026-000123", "1234-5678-9012-3452", "yoyaku.example.lg.jp/c", "2100000001231", "099-000-0102", "交付市役所 本庁舎1階", "この通知書", "0007-00001/00008"} {
		if !strings.Contains(page1, want) {
			t.Errorf("page 1 lacks %q:\n%s", want, page1)
		}
	}
	page3 := tool(t, "pdftotext", "-raw", "-f", "4", "-l", "4", path, "-")
	if !strings.Contains(page3, "2/2") || !strings.Contains(page3, "0007-00002/00008") {
		t.Errorf("second sheet of a letter without number:\n%s", page3)
	}
	png := strings.TrimSuffix(path, ".pdf")
	tool(t, "pdftoppm", "-r", "203", "-gray", "-png", "-f", "2", "-l", "2", "-singlefile", path, png)
	decoded := tool(t, "zbarimg", "-q", "--raw", png+".png")
	if !strings.Contains(decoded, linkURL) || !strings.Contains(decoded, "2100000001231") {
		t.Errorf("zbarimg reads %q", decoded)
	}
}

// A letter that needs a little more than a sheet is set more closely; the first
// attempt leaves no findings behind.
func TestLetters_OneSheetWhereItFits(t *testing.T) {
	a := letter(samples()[7]) // without barcode, which is reported once
	a.Items = append(a.Items, "法定代理人の本人確認書類(15歳未満の方、成年被後見人の方)", "戸籍謄本または登記事項証明書(同じ世帯でない方)", "委任状", "在留カード")
	_, report := renderLetters(t, letters(t), []paper.Letter{a})
	if report.Sheets != 1 || len(report.NoBarcode) != 1 {
		t.Errorf("%d sheets, %d without barcode", report.Sheets, len(report.NoBarcode))
	}
}

// Without a booking service the code stands for itself.
func TestLetters_LinkWithoutURL(t *testing.T) {
	a := letter(samples()[0])
	a.Link = &paper.Link{Code: "1234567890123452", Phone: "099-000-0102"}
	pdf, _ := renderLetters(t, letters(t), []paper.Letter{a})
	path := save(t, "plain", pdf)
	text := tool(t, "pdftotext", "-raw", path, "-")
	for _, want := range []string{"お問い合わせ番号", "1234-5678-9012-3452", "電話 099-000-0102"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "スマートフォン") {
		t.Error("the letter speaks of a booking service")
	}
	png := strings.TrimSuffix(path, ".pdf")
	tool(t, "pdftoppm", "-r", "203", "-gray", "-png", "-singlefile", path, png)
	if got := strings.Fields(tool(t, "zbarimg", "-q", "--raw", png+".png")); !slices.Contains(got, "1234567890123452") {
		t.Errorf("zbarimg reads %q", got)
	}
}

func TestLetters_UnknownPlace(t *testing.T) {
	l := letters(t)
	l.Form.Body = append(l.Form.Body, "{deadlin}")
	_, err := l.Preflight(t.Context(), []paper.Letter{letter(samples()[0])}, nil)
	if !fault.Is(err, fault.Invalid, "paper.place_unknown") {
		t.Errorf("got %v", err)
	}
}

func TestVolumes(t *testing.T) {
	if got := paper.Volumes(2500); len(got) != 3 || got[0] != (paper.Volume{From: 0, To: 1200}) || got[2] != (paper.Volume{From: 2400, To: 2500}) {
		t.Errorf("Volumes(2500) = %v", got)
	}
	if got := paper.Volumes(0); len(got) != 0 {
		t.Errorf("Volumes(0) = %v", got)
	}
}

// The QR of a letter decodes to the address that is printed beside it with the
// code, and the letter says that nobody needs either.
func TestBK1001_LetterWithTheWayToBook(t *testing.T) {
	pdf, _ := renderLetters(t, letters(t), []paper.Letter{letter(samples()[0])})
	path := save(t, "bk1001", pdf)
	text := strings.Join(strings.Fields(tool(t, "pdftotext", "-raw", path, "-")), "")
	for _, want := range []string{"1234-5678-9012-3452", "yoyaku.example.lg.jp/c", "099-000-0102", "何も入力しなくても、電話で予約できます"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	png := strings.TrimSuffix(path, ".pdf")
	tool(t, "pdftoppm", "-r", "203", "-gray", "-png", "-singlefile", path, png)
	decoded := tool(t, "zbarimg", "-q", "--raw", png+".png")
	address := strings.ToLower("https://yoyaku.example.lg.jp/c") // as it is printed
	if !strings.Contains(strings.ToLower(decoded), address+"/1234567890123452") {
		t.Errorf("zbarimg reads %q", decoded)
	}
}
