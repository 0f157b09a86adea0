//go:build faultlab

package faultlab_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// resident is somebody with a letter, in front of a browser without scripts: pages,
// links and forms are all there is.
type resident struct {
	t      *testing.T
	client *http.Client
	from   string // address of the phone
	letter

	at     string // address of the page
	status int
	body   string
}

// letter is what somebody holds in their hands.
type letter struct {
	NoticeNo string
	Code     string
	Birth    string // 1965-04-01
}

var (
	formTag  = regexp.MustCompile(`(?s)<form method="(post|get)" action="([^"]*)".*?</form>`)
	inputTag = regexp.MustCompile(`<input[^>]*>`)
	attr     = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
	linkTag  = regexp.MustCompile(`<a [^>]*href="([^"]*)"`)
	anyTag   = regexp.MustCompile(`<[^>]*>`)
	mainLink = regexp.MustCompile(`<a class="button main wide" href="([^"]*)"`)
	receipt  = regexp.MustCompile(`\b\d{2}-\d{4}\b`)
)

// request asks for an address and keeps the page at which that ends.
func (r *resident) request(method, to string, form url.Values) {
	r.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.absolute(to), body)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", r.from)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	r.at, r.status, r.body = answer.Request.URL.RequestURI(), answer.StatusCode, string(page)
}

func (r *resident) absolute(to string) string {
	base, err := url.Parse("http://" + publicHost + r.at)
	if err != nil {
		r.t.Fatal(err)
	}
	next, err := base.Parse(to)
	if err != nil {
		r.t.Fatal(err)
	}
	return next.String()
}

func (r *resident) get(to string) *resident {
	r.t.Helper()
	r.request(http.MethodGet, to, nil)
	return r
}

// follow opens the first link of the page whose address contains part.
func (r *resident) follow(part string) *resident {
	r.t.Helper()
	to, ok := r.link(part)
	if !ok {
		r.t.Fatalf("the page %s has no link to %s:\n%s", r.at, part, r.text())
	}
	return r.get(to)
}

func (r *resident) link(part string) (to string, ok bool) {
	for _, m := range linkTag.FindAllStringSubmatch(r.body, -1) {
		to := html.UnescapeString(m[1])
		if plain, err := url.QueryUnescape(to); err == nil && strings.Contains(plain, part) {
			return to, true
		}
	}
	return "", false
}

// submit sends the form of the page that goes to an address, with values typed
// into it.
func (r *resident) submit(action string, typed ...string) *resident {
	r.t.Helper()
	for _, m := range formTag.FindAllStringSubmatch(r.body, -1) {
		if !strings.HasSuffix(html.UnescapeString(m[2]), action) {
			continue
		}
		fields := url.Values{}
		for _, tag := range inputTag.FindAllString(m[0], -1) {
			given := map[string]string{}
			for _, a := range attr.FindAllStringSubmatch(tag, -1) {
				given[a[1]] = html.UnescapeString(a[2])
			}
			choice := given["type"] == "checkbox" || given["type"] == "radio"
			if given["name"] != "" && (!choice || strings.Contains(tag, " checked")) {
				fields.Add(given["name"], given["value"])
			}
		}
		for i := 0; i < len(typed); i += 2 {
			fields.Set(typed[i], typed[i+1])
		}
		to := html.UnescapeString(m[2])
		if m[1] == "get" {
			r.get(to + "?" + fields.Encode())
		} else {
			r.request(http.MethodPost, to, fields)
		}
		return r
	}
	r.t.Fatalf("the page %s has no form to %s:\n%s", r.at, action, r.text())
	return r
}

// want checks the status and that the page has all of the words.
func (r *resident) want(status int, words ...string) {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("%s: status %d, want %d:\n%s", r.at, r.status, status, r.text())
	}
	for _, w := range words {
		if !strings.Contains(r.text(), w) {
			r.t.Errorf("%s does not say %q:\n%s", r.at, w, r.text())
		}
	}
}

var blank = regexp.MustCompile(`\s*\n\s*`)

// text is the page as it reads.
func (r *resident) text() string {
	text := html.UnescapeString(anyTag.ReplaceAllString(r.body, ""))
	return blank.ReplaceAllString(strings.TrimSpace(text), "\n")
}

// signIn shows the code and the birth date.
func (r *resident) signIn() *resident {
	r.t.Helper()
	return r.get("/ja/code").submit("/code", r.typed()...)
}

func (l letter) typed() []string {
	part := strings.Split(l.Birth, "-")
	return []string{"code", l.Code, "year", part[0], "month", strings.TrimLeft(part[1], "0"), "day", strings.TrimLeft(part[2], "0")}
}

// choose goes to a time of a day from a page that shows days.
func (r *resident) choose(day, hour string) *resident {
	r.t.Helper()
	for range 6 {
		if _, ok := r.link("d=" + day); ok {
			break
		}
		r.get(r.next())
	}
	return r.follow("d=" + day).follow("s=" + windowID + "@" + day + "T" + hour)
}

var later = regexp.MustCompile(`(?s)<a [^>]*href="([^"]*)"[^>]*>[^<]*次の7日間`)

func (r *resident) next() string {
	r.t.Helper()
	m := later.FindStringSubmatch(r.body)
	if m == nil {
		r.t.Fatalf("the page %s has no later days:\n%s", r.at, r.text())
	}
	return html.UnescapeString(m[1])
}

// book books a time with everybody who comes along and returns the number.
func (r *resident) book(day, hour string, along ...letter) (no string) {
	r.t.Helper()
	r.signIn().want(http.StatusOK)
	for _, other := range along {
		if _, ok := r.link("/party"); ok {
			r.follow("/party")
		}
		r.submit("/party", other.typed()...).want(http.StatusOK)
	}
	if m := mainLink.FindStringSubmatch(r.body); len(along) > 0 && m != nil {
		r.get(html.UnescapeString(m[1]))
	}
	r.choose(day, hour).submit("/book").want(http.StatusOK, "予約しました")
	return receipt.FindString(r.text())
}

// move brings the booking to another time.
func (r *resident) move(day, hour string) {
	r.t.Helper()
	r.signIn().follow("/days").choose(day, hour).submit("/change").want(http.StatusOK, "予約を変えました")
}

// cancel gives the booking up.
func (r *resident) cancel() {
	r.t.Helper()
	r.signIn().follow("/cancel").submit("/cancel").want(http.StatusOK, "予約を取り消しました")
}

func number(n int) string { return strconv.Itoa(n) }

// scripts reports whether the page would run one.
func (r *resident) scripts() bool {
	return strings.Contains(r.body, "<script") || strings.Contains(r.body, " onclick=")
}
