package sample

import (
	"kofu/internal/booking/slot"
	"kofu/internal/staff"
)

// place is a municipality as it is written down here.
type place struct {
	host, name, phone, hours string
	keyless                  bool                         // takes bookings without a code
	wording                  map[string]map[string]string // its own texts, by language and key
	windows                  []slot.Window
	staff                    []person
}

// person is somebody who works there.
type person struct {
	login, name string
	roles       []string
}

// When somebody answers the phone at 青葉市, for those who do not read Japanese.
const (
	easyHours    = "月曜日(げつようび)から 金曜日(きんようび) 8時(じ)30分(ぷん)から 17時(じ)15分(ふん)"
	englishHours = "Monday to Friday, 8:30 to 17:15"
)

var places = []place{
	{
		host: "localhost", name: "青葉市", phone: "03-0000-0101", hours: "平日 8時30分〜17時15分",
		wording: map[string]map[string]string{
			"ja-easy": {"foot.hours": "電話(でんわ)できる 時間(じかん) " + easyHours},
			"en":      {"foot.hours": "Hours: " + englishHours},
		},
		windows: []slot.Window{
			{
				ID: "HON", Name: "市役所本庁舎 1階 3番窓口", Address: "青葉市本町1-1", Phone: "03-0000-0101", Note: "正面玄関を入って右です。",
				Texts: map[string]slot.Text{
					"ja-easy": {Name: "市役所(しやくしょ) 1階(かい) 3番(ばん)の まどぐち", PhoneHours: easyHours, Note: "入口(いりぐち)を 入(はい)って 右(みぎ)です。"},
					"en":      {Name: "City Hall, 1st floor, counter 3", Address: "1-1 Honcho, Aoba", PhoneHours: englishHours, Note: "On the right after the main entrance."},
				},
			},
			{
				ID: "EKI", Name: "駅前サービスセンター", Address: "青葉市駅前2-5 駅ビル 4階", Phone: "03-0000-0102", Note: "エレベーターで4階へ。",
				Texts: map[string]slot.Text{
					"ja-easy": {Name: "駅(えき)の まえの サービスセンター", PhoneHours: easyHours, Note: "エレベーターで 4階(かい)に 行(い)ってください。"},
					"en":      {Name: "Station Service Centre", Address: "Station Building 4F, 2-5 Ekimae, Aoba", PhoneHours: englishHours, Note: "Take the lift to the 4th floor."},
				},
			},
		},
		staff: []person{
			{"kanri", "管理 花子", []string{staff.RoleAdmin}},
			{"sekinin", "責任 一郎", []string{staff.RoleLead, staff.RoleBooker}},
			{"yoyaku", "予約 次郎", []string{staff.RoleBooker}},
			{"uketsuke", "受付 三子", []string{staff.RoleReception}},
		},
	},
	{
		host: "wakaba.localhost", name: "若葉町", phone: "03-0000-0201", hours: "平日 8時30分〜17時", keyless: true,
		windows: []slot.Window{{ID: "YAK", Name: "町役場 住民課", Address: "若葉町中央10", Phone: "03-0000-0201"}},
		staff: []person{
			{"kanri", "町の 管理", []string{staff.RoleAdmin}},
			{"sekinin", "町の 責任", []string{staff.RoleLead, staff.RoleBooker}},
		},
	},
}
