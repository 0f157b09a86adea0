package jpaddr

import (
	"fmt"
	"strings"
)

// Bars of a customer barcode, from left to right.
const (
	BarLong   = '1' // reaches up and down
	BarUp     = '2' // semi-long, reaches up
	BarDown   = '3' // semi-long, reaches down
	BarTiming = '4' // the middle part only
)

// Bars is the number of bars of every customer barcode: start 2, postal code
// 7 × 3, address 13 × 3, check character 3, stop 2.
const Bars = 67

const (
	columns    = 20 // postal code 7 + address display number 13
	checkBase  = 19
	valHyphen  = 10
	valControl = 11 // CC1; CC2…CC8 follow
	valFiller  = 14 // CC4
)

// barsOf gives the three bars of each value: digits, hyphen, CC1…CC8.
var barsOf = [checkBase]string{
	"144", "114", "132", "312", "123", "141", "321", "213", "231", "411",
	"414",
	"324", "342", "234", "432", "243", "423", "441", "111",
}

// Symbol is one customer barcode, ready to be drawn.
type Symbol struct {
	Digits string   // postal code and address digits before cutting, such as 26300233-30-8-403
	Codes  []string // STC, the 20 columns, the check character, SPC
	Bars   string   // 67 characters '1'…'4'
}

// Encode makes the symbol of digits: a postal code of seven digits followed by
// the address digits, hyphens and capital letters that [AddressDigits]
// extracts. What exceeds 20 columns is cut; a letter takes two columns, and
// when the cut falls inside it, its control code stays and its digit is lost,
// as the rules of Japan Post say.
func Encode(digits string) (Symbol, error) {
	values := make([]int, 0, columns+2)
	for i, c := range []byte(digits) {
		switch {
		case c >= '0' && c <= '9':
			values = append(values, int(c-'0'))
		case c == '-':
			values = append(values, valHyphen)
		case c >= 'A' && c <= 'Z':
			n := int(c - 'A')
			values = append(values, valControl+n/10, n%10)
		default:
			return Symbol{}, fmt.Errorf("jpaddr.Encode: character %d of %d cannot stand in a customer barcode", i+1, len(digits))
		}
	}
	if len(values) > columns {
		values = values[:columns]
	}
	for len(values) < columns {
		values = append(values, valFiller)
	}
	return symbol(digits, values), nil
}

func symbol(digits string, values []int) Symbol {
	sum := 0
	for _, v := range values {
		sum += v
	}
	// The outer modulus matters: a sum that is a multiple of 19 has check 0.
	values = append(values, (checkBase-sum%checkBase)%checkBase)

	codes := make([]string, 0, len(values)+2)
	var bars strings.Builder
	codes = append(codes, "STC")
	bars.WriteString("13")
	for _, v := range values {
		codes = append(codes, codeName(v))
		bars.WriteString(barsOf[v])
	}
	codes = append(codes, "SPC")
	bars.WriteString("31")
	return Symbol{Digits: digits, Codes: codes, Bars: bars.String()}
}

func codeName(v int) string {
	switch {
	case v < valHyphen:
		return string(rune('0' + v))
	case v == valHyphen:
		return "-"
	}
	return fmt.Sprintf("CC%d", v-valHyphen)
}
