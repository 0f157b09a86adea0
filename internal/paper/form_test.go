package paper_test

import (
	"bytes"
	"strings"
	"testing"

	"kofu/internal/paper"
)

// Everything that the form says is on the paper, the lines to write on included;
// a character without a glyph does not stop it.
func TestForm_AllOfIt(t *testing.T) {
	f := paper.Form{
		Press: press(t), Title: "搬送記録票", Office: "甲府市 市民課", By: "山田", At: "令和8年11月24日", Intro: "媒体と一緒に運びます。",
		Parts: []paper.FormPart{
			{Heading: "媒体", Facts: []paper.Fact{{Label: "媒体番号", Text: "USB-007"}, {Label: "承認者", Text: "\U0010FFFD"}}},
			{Heading: "指紋", Code: &paper.FormCode{Label: "4桁×8組", Text: "1111 2222 3333 4444 5555 6666 7777 8888", Note: "同じこと"}},
			{Heading: "署名", Text: "2人が署名します。", Lines: [][]paper.Blank{{{Label: "氏名", Share: 2}, {Label: "日時", Share: 1}}}},
		},
		Notes: []string{"保管してください。"},
	}
	var pdf bytes.Buffer
	if err := f.Render(t.Context(), &pdf); err != nil {
		t.Fatal(err)
	}
	text := tool(t, "pdftotext", "-layout", save(t, "form.pdf", pdf.Bytes()), "-")
	for _, want := range []string{"搬送記録票", "甲府市", "USB-007", "1111", "8888", "氏名", "日時", "2人が署名します。", "保管してください。", "山田"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not on the paper:\n%s", want, text)
		}
	}
}

// What does not fit goes on to a second sheet.
func TestForm_SecondSheet(t *testing.T) {
	f := paper.Form{Press: press(t), Title: "様式"}
	for range 30 {
		f.Parts = append(f.Parts, paper.FormPart{Heading: "部", Lines: [][]paper.Blank{{{Label: "氏名", Share: 1}}}})
	}
	var pdf bytes.Buffer
	if err := f.Render(t.Context(), &pdf); err != nil {
		t.Fatal(err)
	}
	if info := tool(t, "pdfinfo", save(t, "form.pdf", pdf.Bytes())); !strings.Contains(info, "Pages:           4") && !strings.Contains(info, "Pages:           3") {
		t.Errorf("%s", info)
	}
}
