package sample

import (
	"kofu/internal/booking/slot"
	"kofu/internal/staff"
)

// place is a municipality as it is written down here.
type place struct {
	host, name, phone, hours string
	keyless                  bool // takes bookings without a code
	windows                  []slot.Window
	staff                    []person
}

// person is somebody who works there.
type person struct {
	login, name string
	roles       []string
}

var places = []place{
	{
		host: "localhost", name: "青葉市", phone: "03-0000-0101", hours: "平日 8時30分〜17時15分",
		windows: []slot.Window{
			{
				ID: "HON", Name: "市役所本庁舎 1階 3番窓口", Address: "青葉市本町1-1", Phone: "03-0000-0101", Note: "正面玄関を入って右です。",
				Texts: map[string]slot.Text{
					"ja-easy": {Name: "市役所(しやくしょ) 1階(かい) 3番(ばん)の まどぐち"},
					"en":      {Name: "City Hall, 1st floor, counter 3", Address: "1-1 Honcho, Aoba"},
				},
			},
			{
				ID: "EKI", Name: "駅前サービスセンター", Address: "青葉市駅前2-5 駅ビル 4階", Phone: "03-0000-0102", Note: "エレベーターで4階へ。",
				Texts: map[string]slot.Text{
					"ja-easy": {Name: "駅(えき)の まえの サービスセンター"},
					"en":      {Name: "Station Service Centre", Address: "Station Building 4F, 2-5 Ekimae, Aoba"},
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
