package tabfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"

	"kofu/internal/fault"
	"kofu/internal/jptext"
)

// Candidate is a profile that might fit a file.
type Candidate struct {
	ID, Name string
	Score    float64         // best first; 1 means that every row of the beginning fits
	Encoding jptext.Encoding // of the file, if it is not the one of the profile; reading it will be refused
}

// headSize is how much of a file decides about its profile.
const headSize = 256 << 10

// A matching file name decides between profiles that fit alike; a wrong encoding
// leaves a candidate behind all that fit, so that the refusal can name it.
const (
	nameBonus     = 0.1
	wrongEncoding = 0.3
	fits          = 0.5
)

// Detect proposes profiles for a file by its name and its beginning, best first.
// It returns nothing where none fits.
func Detect(fileName string, head []byte, profiles []Profile) []Candidate {
	var all []Candidate
	for _, p := range profiles {
		c := Candidate{ID: p.ID, Name: p.Name}
		c.Score, c.Encoding = probe(p, head)
		if c.Score < fits {
			continue
		}
		if c.Encoding != "" {
			c.Score *= wrongEncoding
		}
		if re, err := regexp.Compile(p.FileName); err == nil && p.FileName != "" && re.MatchString(fileName) {
			c.Score += nameBonus
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b Candidate) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	return all
}

// DetectFile is Detect over a whole file, whose encoding it finds out as well.
func DetectFile(fileName string, file io.Reader, profiles []Profile) (_ []Candidate, _ jptext.Guess, err error) {
	defer fault.Add(&err, "tabfile.DetectFile(%q)", fileName)
	var d jptext.Detector
	head, err := io.ReadAll(io.LimitReader(io.TeeReader(file, &d), headSize))
	if err != nil {
		return nil, jptext.Guess{}, err
	}
	n, err := io.Copy(&d, io.LimitReader(file, MaxFile))
	if err != nil {
		return nil, jptext.Guess{}, err
	}
	if n+int64(len(head)) > MaxFile {
		return nil, jptext.Guess{}, fault.New(fault.TooLarge, "tabfile.file_too_large", "limit", strconv.Itoa(MaxFile>>20))
	}
	return Detect(fileName, head, profiles), d.Guess(), nil
}

// probe reads the beginning of a file by a profile and returns the share of rows
// that fit. other is the encoding of the file if only that is wrong.
func probe(p Profile, head []byte) (score float64, other jptext.Encoding) {
	score, err := share(p, head)
	if f, ok := fault.As(err); !ok || f.Code != "tabfile.encoding" && f.Code != "tabfile.encoding_mark" {
		return score, ""
	}
	var d jptext.Detector
	_, _ = d.Write(head) // Detector.Write never fails
	p.Encoding = d.GuessSoFar().Encoding
	if p.Check() != nil {
		return 0, ""
	}
	score, _ = share(p, head)
	return score, p.Encoding
}

func share(p Profile, head []byte) (float64, error) {
	r := newReader(context.Background(), bytes.NewReader(whole(p, head)), p, Sink{})
	r.probe = true
	report, err := r.run()
	if err != nil && !errors.Is(err, errEnough) || report.Rows == 0 {
		return 0, err
	}
	return float64(report.Accepted) / float64(report.Rows), nil
}

// whole cuts a beginning back to complete lines or records. A short head is a
// whole file.
func whole(p Profile, head []byte) []byte {
	if len(head) < headSize {
		return head
	}
	if p.Fixed() && bytes.IndexByte(head[:p.Record+2], '\n') < 0 {
		return head[:len(head)/p.Record*p.Record]
	}
	if end := bytes.LastIndexByte(head, '\n'); end >= 0 {
		cut := end + 1
		if p.Encoding == jptext.UTF16LE && cut < len(head) {
			cut++ // the NUL behind the line feed
		}
		return head[:cut]
	}
	return head
}
