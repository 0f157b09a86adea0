package resident_test

import (
	"testing"

	"kofu/internal/resident"
)

func TestNameForMail(t *testing.T) {
	full := resident.Resident{
		Name: "CHEN DAWEN", NameRoman: "CHEN DAWEN", NameKanji: "陳 大文", Alias: "青木 大文",
	}
	for code, want := range map[string]string{
		"01": "陳 大文",
		"02": "CHEN DAWEN",
		"03": "陳 大文（CHEN DAWEN）",
		"04": "CHEN DAWEN（陳 大文）",
		"05": "陳 大文（青木 大文）",
		"06": "CHEN DAWEN（青木 大文）",
		"09": "青木 大文",
		"10": "青木 大文（陳 大文）",
		"11": "青木 大文（CHEN DAWEN）",
		"":   "CHEN DAWEN",
	} {
		r := full
		r.NamePriority = code
		if got := resident.NameForMail(r, resident.AsRegistered); got != want {
			t.Errorf("code %q: got %q, want %q", code, got, want)
		}
	}
	for prefer, want := range map[resident.Preference]string{
		resident.AliasFirst: "青木 大文",
		resident.LegalFirst: "CHEN DAWEN",
		resident.Both:       "CHEN DAWEN（青木 大文）",
	} {
		r := full
		r.NamePriority = "11"
		if got := resident.NameForMail(r, prefer); got != want {
			t.Errorf("preference %q: got %q, want %q", prefer, got, want)
		}
	}
}

func TestNameForMail_PartsThatAreMissing(t *testing.T) {
	for _, c := range []struct {
		name string
		r    resident.Resident
		want string
	}{
		{"a Japanese name", resident.Resident{Name: "髙﨑 花子", Kind: "1"}, "髙﨑 花子"},
		{"旧氏 is no name for mail", resident.Resident{Name: "髙﨑 花子", FormerSurname: "佐藤"}, "髙﨑 花子"},
		{"letters alone, code says kanji", resident.Resident{NameRoman: "MARIA SANTOS", NamePriority: "01"}, "MARIA SANTOS"},
		{"alias alone", resident.Resident{Alias: "青木 大文"}, "青木 大文"},
		{"code says alias, none there", resident.Resident{Name: "MARIA SANTOS", NamePriority: "09"}, "MARIA SANTOS"},
		{"one column for the whole name", resident.Resident{Name: "MARIA SANTOS", Alias: "青木 マリア", NamePriority: "10"}, "青木 マリア（MARIA SANTOS）"},
		{"gaiji stay", resident.Resident{Name: "\ue123田 太郎"}, "\ue123田 太郎"},
	} {
		if got := resident.NameForMail(c.r, resident.AsRegistered); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
