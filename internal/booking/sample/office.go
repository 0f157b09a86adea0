package sample

import (
	"fmt"
	"time"

	"kofu/internal/booking/contact"
	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/terms"
	"kofu/internal/jpdate"
	"kofu/internal/store"
)

// asked are questions on the phone with their answers.
var asked = []struct{ channel, category, result, text, answer string }{
	{"phone", "bring", "answered", "当日の持ち物を知りたい。", "交付通知書、本人確認書類、通知カードをお持ちくださいと案内した。"},
	{"phone", "change", "booked", "予約の日を変えたい。", "翌週の午前に変更した。"},
	{"counter", "proxy", "answered", "入院中の父の分を受け取れるか。", "代理人の書類を案内した。"},
	{"phone", "lost", "forwarded", "通知書が届かない。", "担当課から折り返すことにした。"},
	{"phone", "ready", "call_back", "カードができているか。", ""},
	{"mail", "site", "answered", "予約の画面の文字を大きくしたい。", "画面の上の「文字の大きさ」を案内した。"},
	{"phone", "booking", "booked", "パソコンがないので電話で予約したい。", "窓口枠で予約した。"},
	{"phone", "other", "", "駐車場はあるか。", ""},
}

// inquiries writes down what people asked in the last days; every second one
// asked with the code.
func (m *maker) inquiries() error {
	for i, q := range asked {
		one := inquiry.Inquiry{
			At: m.now.Add(-time.Duration(i*7+1) * time.Hour), Channel: q.channel, Categories: []string{q.category}, Result: q.result,
			WindowID: m.place.windows[i%len(m.place.windows)].ID, Text: q.text, Answer: q.answer,
		}
		if i%2 == 0 {
			one.Link = m.members[past+i].Link
		}
		if q.result == "call_back" {
			one.FollowUp, one.Owner = jpdate.Day(store.Day(m.now)), m.clerk.ID
		}
		if _, err := inquiry.Save(m, m.db, m.clerk, m.tenant, one); err != nil {
			return err
		}
	}
	return nil
}

// contacts lets every second of those who will come leave how to reach them,
// where the municipality takes that.
func (m *maker) contacts() error {
	keys, err := m.service.Keys(m.tenant)
	if err != nil {
		return err
	}
	return m.db.Write(m, itself, func(tx *store.Tx) error {
		t, err := terms.Load(tx.Rx, m.tenant)
		if err != nil || t.Policy.PII == terms.PIIOff {
			return err
		}
		for i := past; i < past+coming; i += 2 {
			b, found, err := reserve.LiveOf(tx.Rx, m.tenant, m.members[i].Link)
			if err == nil && found {
				left := contact.Contact{Mail: fmt.Sprintf("juumin%d@example.jp", i), Phone: fmt.Sprintf("090-0000-%04d", i)}
				err = contact.Keep(tx, keys.Ring, m.tenant, t, b.ID, contact.Form{Contact: left})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
