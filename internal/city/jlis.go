package city

import (
	"fmt"
	"io"
)

// WriteJ1 writes a delivery in the J-LIS sample layout J1: CP932, heading row,
// every field in quotes.
func (c *City) WriteJ1(w io.Writer, lot Delivery) error {
	o := newOutput(w, "cp932")
	o.quoted("発送番号", "発送日", "箱番号", "箱内連番", "交付通知書番号", "申請書ID", "申請区分", "受付年月日",
		"氏名", "住所", "生年月日", "カード有効期限", "電子証明書有無", "交付方式", "摘要")
	for _, k := range lot.Cards {
		o.quoted(lot.LotNo, compact(lot.ShippedOn), k.Box, k.Seq, k.NoticeNo, k.ApplicationID, k.Kind, k.AppliedOn,
			k.Name, k.Address, k.Birth, k.ExpiresOn, k.Certificate, k.Method, k.Remark)
	}
	return o.close()
}

// WriteJ2 writes a delivery in the J-LIS sample layout J2: records of 256 bytes
// in CP932 with header and trailer. A name or address that is longer than its
// field stays blank, and the remark says so.
func (c *City) WriteJ2(w io.Writer, lot Delivery) error {
	const size = 256
	o := newOutput(w, "cp932")
	o.record(size, field{text: "1" + Code + compact(lot.ShippedOn), size: 15}, count(len(lot.Cards)))
	for _, k := range lot.Cards {
		if !fits(k.Name, 50) || !fits(k.Address, 80) {
			k.Remark = "別紙参照"
		}
		if !fits(k.Name, 50) {
			k.Name = ""
		}
		if !fits(k.Address, 80) {
			k.Address = ""
		}
		o.record(size, field{text: "2", size: 1}, field{text: k.NoticeNo[:3] + k.NoticeNo[4:], size: 9},
			field{text: k.ApplicationID, size: 23}, field{text: k.Kind, size: 1},
			field{text: lot.LotNo, size: 20}, field{text: compact(lot.ShippedOn), size: 8},
			field{text: k.Box, size: 3}, field{text: k.Seq, size: 4}, field{text: k.AppliedOn, size: 8},
			field{text: k.Name, size: 50}, field{text: k.Address, size: 80}, field{text: k.Birth, size: 8},
			field{text: k.ExpiresOn, size: 8}, field{text: k.Certificate, size: 1}, field{text: k.Method, size: 1},
			field{text: k.Remark, size: 20})
	}
	o.record(size, field{text: "9", size: 1}, count(len(lot.Cards)))
	return o.close()
}

func count(n int) field { return field{text: fmt.Sprintf("%07d", n), size: 7} }

// WriteJ3 writes a delivery in the J-LIS sample layout J3: the numbers alone, as
// a scanner would type them.
func (c *City) WriteJ3(w io.Writer, lot Delivery) error {
	o := newOutput(w, "cp932")
	for _, k := range lot.Cards {
		o.plain("\r\n", k.NoticeNo)
	}
	return o.close()
}
