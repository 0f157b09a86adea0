package city

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"

	"kofu/internal/fault"
)

// File is a file that WriteAll made.
type File struct {
	Name    string `json:"name"`
	Profile string `json:"profile,omitempty"` // import profile that reads it
	Size    int64  `json:"size"`
	SHA256  string `json:"sha256"`
}

// The import profiles of the sample layouts.
const (
	profileJ1 = "jlis_delivery_csv_v1"
	profileJ2 = "jlis_delivery_fixed"
	profileJ3 = "notice_no_list"
	profileRA = "registry_standard"
	profileRB = "registry_legacy_cp932"
	profileRD = "registry_fixed_hdt"
)

// plan is a file and how to write it.
type plan struct {
	name, profile string
	write         func(io.Writer) error
}

// plans lists the files as a clerk finds them on the medium: the lists of every
// parcel, the registry of the first night and that of the next one, the fonts.
func (c *City) plans() []plan {
	var all []plan
	for _, lot := range c.Deliveries() {
		all = append(all,
			plan{"納品一覧_" + lot.LotNo + ".csv", profileJ1, func(w io.Writer) error { return c.WriteJ1(w, lot) }},
			plan{"納品一覧_" + lot.LotNo + ".dat", profileJ2, func(w io.Writer) error { return c.WriteJ2(w, lot) }},
			plan{"通知書番号_" + lot.LotNo + ".txt", profileJ3, func(w io.Writer) error { return c.WriteJ3(w, lot) }})
	}
	first, next := compact(c.today.AddDate(0, 0, -1)), compact(c.today)
	return append(all,
		plan{"住民記録_" + first + ".csv", profileRA, func(w io.Writer) error { return c.WriteRA(w, FirstNight) }},
		plan{"住記抽出_" + first + ".csv", profileRB, func(w io.Writer) error { return c.WriteRB(w, FirstNight) }},
		plan{"住民記録_" + first + ".dat", profileRD, func(w io.Writer) error { return c.WriteRD(w, FirstNight) }},
		plan{"異動者_" + next + ".csv", profileRA, func(w io.Writer) error { return c.WriteRA(w, NextNight) }},
		plan{"住記抽出_" + next + ".csv", profileRB, func(w io.Writer) error { return c.WriteRB(w, NextNight) }},
		plan{"EUDC.TTE", "", func(w io.Writer) error { return writeFont(w, false) }},
		plan{"EUDC_256.TTE", "", func(w io.Writer) error { return writeFont(w, true) }})
}

func writeFont(w io.Writer, old bool) error {
	b, err := Font(old)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// WriteAll writes every file of the city into dir, which it makes if it is
// missing, and returns them in the order in which they would arrive.
func (c *City) WriteAll(dir string) (_ []File, err error) {
	defer fault.Add(&err, "city.WriteAll")
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // made-up people, for everybody to read
		return nil, err
	}
	var all []File
	for _, p := range c.plans() {
		file, err := p.save(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, file)
	}
	return all, nil
}

// counter counts and hashes what passes.
type counter struct {
	w    io.Writer
	size int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.size += int64(n)
	return n, err
}

func (p plan) save(dir string) (_ File, err error) {
	f, err := os.Create(filepath.Join(dir, p.name))
	if err != nil {
		return File{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	out := &counter{w: io.MultiWriter(f, sum)}
	if err := p.write(out); err != nil {
		return File{}, err
	}
	return File{Name: p.name, Profile: p.profile, Size: out.size, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}
