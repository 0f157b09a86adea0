package city

import (
	"kofu/internal/jpaddr"
	"kofu/internal/settings"
)

// Settings returns the settings of practice mode: the office that signs, the
// counter, and the towns of the city. The telephone number begins with 0000,
// which no exchange has.
func Settings() settings.Settings {
	const hall, phone = "見本県霧ヶ原市本町一丁目1番1号", "0000-00-0000"
	s := settings.Default()
	s.Organization.Name, s.Organization.Section = Name+"役所", "市民課 マイナンバーカード交付係"
	s.Organization.Postal, s.Organization.Address, s.Organization.Phone = "000-0009", hall, phone
	s.Pickup.Place, s.Pickup.Floor, s.Pickup.Address = Name+"役所", "1階 5番窓口", hall
	s.Pickup.Hours, s.Pickup.Phone = "平日 8時30分～17時15分", phone
	s.RegistryGaiji, s.DeliveryGaiji = GaijiSet, GaijiSet // J-LIS spells the city's characters with the same code points
	for _, t := range towns {
		s.Towns = append(s.Towns, settings.Town{Pref: Prefecture, City: Name, Town: t.name, Zip7: t.postal})
	}
	return s
}

// Towns returns the postal table of the city.
func Towns() []jpaddr.Town {
	var all []jpaddr.Town
	for _, t := range towns {
		all = append(all, jpaddr.Town{Postal: t.postal, Prefecture: Prefecture, City: Name, Name: t.name})
	}
	return all
}
