package webtest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata/*.txtar")

// Scenarios calls run for every testdata/*.txtar, which plays the file in a
// browser of its own, see [Browser.Play]. A file of requests and answers reads
//
//	-- > POST /api/staff as=admin save=id:id --
//	{"login": "hanako", …}
//	-- < --
//	201 Created
//	{ … }
//
// as= names the session, see [Browser.As], nothing for none. site= is the
// Sec-Fetch-Site header. save=name:path keeps a value of the answer (path such
// as rows.0.id), which later requests name as $name$. A body that is not JSON is
// a form: lines field=value; field=@name sends the section «-- @name --» as a
// file of that name. Random values (tokens, passwords, ids of accounts and
// bookings, fingerprints) appear as "*" in answers. Whatever is refused must leave the database
// as it was, but for the counts of wrong passwords. The flag -update rewrites the
// answers.
func Scenarios(t *testing.T, run func(t *testing.T, name, file string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) { run(t, name, file) })
	}
}

// Play plays the scenario of a file, see [Scenarios].
func (b *Browser) Play(file string) {
	t := b.T
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before := txtar.Format(archive)
	attached := map[string][]byte{}
	for _, section := range archive.Files {
		if name, ok := strings.CutPrefix(section.Name, "@"); ok {
			attached[name] = section.Data
		}
	}
	saved := map[string]string{}
	var answer *httptest.ResponseRecorder
	for i, section := range archive.Files {
		switch {
		case strings.HasPrefix(section.Name, "> "):
			answer = b.play(section, attached, saved)
		case section.Name == "<":
			if answer == nil {
				t.Fatalf("%s: an answer without a request", file)
			}
			archive.Files[i].Data = written(answer)
		}
	}
	after := txtar.Format(archive)
	if *update {
		if err := os.WriteFile(file, after, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// play sends the request of a section.
func (b *Browser) play(section txtar.File, attached map[string][]byte, saved map[string]string) *httptest.ResponseRecorder {
	t := b.T
	t.Helper()
	fill := func(s string) string {
		for name, value := range saved {
			s = strings.ReplaceAll(s, "$"+name+"$", value)
		}
		return s
	}
	words := strings.Fields(strings.TrimPrefix(section.Name, "> "))
	options := map[string]string{}
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		options[name] = value
	}
	body, kind := requestBody(t, fill(string(section.Data)), attached)
	r := b.Request(words[0], fill(words[1]), options["as"], body)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if site := options["site"]; site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	before := b.Content()
	answer := b.Send(r)
	if diff := cmp.Diff(before, b.Content()); diff != "" && answer.Code >= 400 && !strings.HasPrefix(words[1], "/api/session") && words[1] != "/api/me/password" {
		t.Errorf("%s: refused with %d, but it changed the database (-want +got):\n%s", section.Name, answer.Code, diff)
	}
	if name, path, ok := strings.Cut(options["save"], ":"); ok {
		saved[name] = pick(t, answer.Body.Bytes(), path)
	}
	return answer
}

// requestBody is JSON as it stands, or a form made of lines field=value.
func requestBody(t testing.TB, text string, attached map[string][]byte) (io.Reader, string) {
	t.Helper()
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, ""
	case text[0] == '{' || text[0] == '[':
		return strings.NewReader(text), "application/json"
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for line := range strings.Lines(text) {
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if name, isFile := strings.CutPrefix(value, "@"); isFile {
			part, err := form.CreateFormFile(field, name)
			if err != nil {
				t.Fatal(err)
			}
			content, known := attached[name]
			if !known {
				t.Fatalf("there is no section «-- @%s --»", name)
			}
			_, _ = part.Write(content) // into memory
			continue
		}
		if err := form.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, form.FormDataContentType()
}

// pick is the value at path in a JSON document.
func pick(t testing.TB, document []byte, path string) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("pick %s from %s: %v", path, document, err)
	}
	for step := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(at) {
				t.Fatalf("pick %s from %s", path, document)
			}
			v = at[n]
		}
	}
	if v == nil {
		t.Fatalf("pick %s from %s: nothing there", path, document)
	}
	return fmt.Sprint(v)
}

var (
	secret    = regexp.MustCompile(`("(?:token|initialPassword|root|groupId|ref|url)": )"[^"]*"`)
	accountID = regexp.MustCompile(`st-[a-z2-7]{16}`)
	ulidForm  = regexp.MustCompile(`\b0[0-9A-HJKMNP-TV-Z]{25}\b`)
	printForm = regexp.MustCompile(`\b\d{4}(?: \d{4}){7}\b`)                        // the fingerprint of a key
	codeForm  = regexp.MustCompile(`("qrSvg": )"(?:[^"\\]|\\.){100,}"`)             // a drawn code
	keyFile   = regexp.MustCompile(`(\d+-(?:office|cloud))-[0-9A-Za-z_-]{8}\.kpub`) // named after its key
)

// written is an answer as a scenario shows it.
func written(w *httptest.ResponseRecorder) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %s\n", w.Code, http.StatusText(w.Code))
	kind := w.Header().Get("Content-Type")
	switch {
	case w.Body.Len() == 0:
	case strings.HasPrefix(kind, "application/json"):
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, bytes.TrimSpace(w.Body.Bytes()), "", "  "); err != nil {
			fmt.Fprintf(&b, "not JSON: %v\n", err)
		}
		text := secret.ReplaceAll(pretty.Bytes(), []byte(`$1"*"`))
		text = codeForm.ReplaceAll(printForm.ReplaceAll(text, []byte("*")), []byte(`$1"*"`))
		b.Write(ulidForm.ReplaceAll(accountID.ReplaceAll(text, []byte("st-*")), []byte("*")))
		b.WriteByte('\n')
	default:
		fmt.Fprintf(&b, "%s, %s\n", kind, keyFile.ReplaceAllString(w.Header().Get("Content-Disposition"), "$1-*.kpub"))
	}
	return b.Bytes()
}
