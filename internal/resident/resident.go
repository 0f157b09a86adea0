// Package resident keeps people as the resident registry sent them: names and
// addresses exactly as received, with the set of private-use characters they
// were written in, and what happened to each person. Every change by an import
// leaves the state before it, so that the import can be taken back. Writes
// tables resident, resident_key, resident_version, resident_event and
// resident_shield.
package resident

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"strconv"

	"kofu/internal/jptext"
)

// Resident is one person as registered. Texts are as received, never
// normalised; codes are those of the standard for resident records.
type Resident struct {
	ID            int64  `json:"-"`
	No            string `json:"no"`          // 宛名番号 with its leading zeros
	HouseholdNo   string `json:"householdNo"` // 世帯番号
	Kind          string `json:"kind"`        // 住民種別: 1 Japanese, 2 foreign
	State         string `json:"state"`       // 住民状態: 1 resident, 2 moved out, 3 dead, 9 deleted
	Name          string `json:"name"`        // 氏名
	Kana          string `json:"kana"`
	NameRoman     string `json:"nameRoman"`     // 氏名_外国人ローマ字
	NameKanji     string `json:"nameKanji"`     // 氏名_外国人漢字
	FormerSurname string `json:"formerSurname"` // 旧氏
	Alias         string `json:"alias"`         // 通称
	AliasKana     string `json:"aliasKana"`
	NamePriority  string `json:"namePriority"` // 氏名優先区分 01–13
	Sex           string `json:"sex"`
	Birth         string `json:"birth"`    // 2026-11-21, 2026-11, 2026 or "" as far as known
	BirthRaw      string `json:"birthRaw"` // as received
	Relation      string `json:"relation"` // 続柄
	PostalCode    string `json:"postalCode"`
	Address       string `json:"address"`       // without 方書
	Building      string `json:"building"`      // 方書
	StayExpiresOn string `json:"stayExpiresOn"` // 在留期間の満了の日
	GaijiSet      string `json:"gaijiSet"`      // whose private-use characters these are
	Digest        string `json:"digest"`        // of the row that gave this state
	ImportID      int64  `json:"importId"`      // the import that wrote this state
	AddedBy       int64  `json:"addedBy"`       // the import that brought the person in
	UpdatedAt     string `json:"updatedAt"`
}

// LogValue keeps personal data out of logs.
func (r Resident) LogValue() slog.Value { return slog.Int64Value(r.ID) }

// Field is one of the things that a registry file may say about a person.
type Field uint

// The fields in the order in which they are hashed and stored.
const (
	HouseholdNo Field = iota
	Kind
	State
	Name
	Kana
	NameRoman
	NameKanji
	FormerSurname
	Alias
	AliasKana
	NamePriority
	Sex
	Birth
	BirthRaw
	Relation
	PostalCode
	Address
	Building
	StayExpiresOn
	GaijiSet
	fieldCount
)

// Fields is a set of fields: those that the columns of a file can fill.
type Fields uint32

// With returns the set with f in it.
func (s Fields) With(f Field) Fields { return s | 1<<f }

// Has reports whether f is in the set.
func (s Fields) Has(f Field) bool { return s&(1<<f) != 0 }

// At returns the place of a field in r.
func (r *Resident) At(f Field) *string { return r.places()[f] }

func (r *Resident) places() [fieldCount]*string {
	return [fieldCount]*string{
		&r.HouseholdNo, &r.Kind, &r.State, &r.Name, &r.Kana, &r.NameRoman, &r.NameKanji, &r.FormerSurname,
		&r.Alias, &r.AliasKana, &r.NamePriority, &r.Sex, &r.Birth, &r.BirthRaw, &r.Relation, &r.PostalCode,
		&r.Address, &r.Building, &r.StayExpiresOn, &r.GaijiSet,
	}
}

// Event is what happened to a person (異動). Code "" means nothing.
type Event struct {
	ID         int64
	ResidentID int64
	Code       string // 異動事由 of the standard, 01–59
	CodeRaw    string // as received
	HappenedOn string // as far as known
	ImportID   int64
}

// Row is one line of a registry file: what it says about a person, and which
// fields its file speaks of at all. Other fields keep what is stored, because a
// file without 世帯番号 does not say that nobody has one.
type Row struct {
	Resident
	Has   Fields
	Event Event
}

// digest is the fingerprint of what the row says: the first 16 bytes of
// SHA-256, in hexadecimal digits.
func (r *Row) digest() string {
	buf := make([]byte, 0, 512)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(r.Has))
	add := func(s string) {
		buf = binary.LittleEndian.AppendUint32(buf, uint32(len(s)))
		buf = append(buf, s...)
	}
	for _, p := range r.places() {
		add(*p)
	}
	add(r.Event.Code)
	add(r.Event.CodeRaw)
	add(r.Event.HappenedOn)
	sum := sha256.Sum256(buf)
	return hex.EncodeToString(sum[:16])
}

// onto returns the state before with what the row says put over it, and
// whether anything differs.
func (r *Row) onto(before Resident) (after Resident, differs bool) {
	after = before
	from, to := r.places(), after.places()
	for f := range fieldCount {
		if r.Has.Has(f) && *to[f] != *from[f] {
			*to[f] = *from[f]
			differs = true
		}
	}
	return after, differs
}

// Keys returns what the person may be found by on a list that names only one
// of the names: the folded forms of the name, its kanji, its letters and the
// 通称, each once, the name first.
func (r Resident) Keys() []string {
	var keys []string
	for i, name := range []string{r.Name, r.NameKanji, r.NameRoman, r.Alias} {
		key := jptext.SearchKey(name)
		if i > 0 && (key == "" || contains(keys, key)) {
			continue
		}
		keys = append(keys, key)
	}
	return keys
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// Object names the person in the audit log.
func Object(id int64) string { return "resident/" + strconv.FormatInt(id, 10) }
