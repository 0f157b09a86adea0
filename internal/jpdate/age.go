package jpdate

// Attains returns the day at whose end a person born on birth reaches the age,
// by 年齢計算ニ関スル法律 and 民法143条: the day before the birthday, or the end
// of the month where that year has no such day. Born 2012-02-29: 15 on 2027-02-28.
func Attains(birth Day, age int) Day {
	year, month, day := birth.Parts()
	if year == 0 || age < 0 {
		return ""
	}
	if day > daysIn(year+age, month) {
		return DayOf(year+age, month, daysIn(year+age, month))
	}
	return DayOf(year+age, month, day).AddDays(-1)
}

// LegalAge returns the age in the sense of the law at the end of a day; −1 before
// the birth or if one of the days is unknown.
func LegalAge(birth, on Day) int {
	born, _, _ := birth.Parts()
	now, _, _ := on.Parts()
	if born == 0 || now == 0 || on < birth.AddDays(-1) {
		return -1
	}
	age := now - born + 1 // born on 1 January, on 31 December
	for age > 0 && Attains(birth, age) > on {
		age--
	}
	return age
}

// Age returns the age as people say it (満n歳): it changes on the birthday.
func Age(birth, on Day) int { return LegalAge(birth, on.AddDays(-1)) }

// Threshold is the answer to a question about a legal age together with the day
// that decides it, which is stored with the decision.
type Threshold struct {
	Below bool // the person is still under the age
	Basis Day  // the day at whose end the age is reached
}

// Under15 answers whether a legal representative has to act for the holder of a
// card: the holder is under 15.
func Under15(birth, on Day) Threshold { return under(birth, on, 15) }

// Under18 answers whether a card is valid until the fifth birthday after issue
// (under 18) or until the tenth.
func Under18(birth, on Day) Threshold { return under(birth, on, 18) }

func under(birth, on Day, age int) Threshold {
	basis := Attains(birth, age)
	return Threshold{Below: basis != "" && on < basis, Basis: basis}
}
