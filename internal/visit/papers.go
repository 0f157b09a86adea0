package visit

import (
	"slices"
	"strconv"
	"strings"

	"kofu/internal/fault"
)

// Receiver is who takes the card.
type Receiver string

// The receivers.
const (
	Self  Receiver = "self"  // 本人
	Legal Receiver = "legal" // 法定代理人
	Proxy Receiver = "proxy" // 任意代理人
)

// Document is a paper that can be shown at the counter. Names are in the
// catalogue under "document." and the code.
type Document struct {
	Code  string
	Group string // holder_a, holder_b, receiver_a, receiver_b, paper
}

// The classes of identity papers. One of class A, or two of class B, identify
// a person; the same papers can be the holder's or the receiver's.
var (
	classA = []string{"driver", "passport", "residence", "disability", "juki_photo"}
	classB = []string{"health", "nursing", "medical", "pension", "student", "employee", "mother_child"}
)

// Papers that are neither the holder's nor the receiver's identity.
const (
	paperReply     = "paper_reply"     // 回答書 on the notice
	paperMandate   = "paper_mandate"   // 委任状
	paperFamily    = "paper_family"    // proof of the legal representative
	paperHindrance = "paper_hindrance" // proof why the holder cannot come
)

// Documents lists every paper in the order of the form.
func Documents() []Document {
	var all []Document
	for _, who := range []string{"holder", "receiver"} {
		for _, code := range classA {
			all = append(all, Document{Code: who + "_" + code, Group: who + "_a"})
		}
		for _, code := range classB {
			all = append(all, Document{Code: who + "_" + code, Group: who + "_b"})
		}
	}
	for _, code := range []string{paperReply, paperMandate, paperFamily, paperHindrance} {
		all = append(all, Document{Code: code, Group: "paper"})
	}
	return all
}

// The choices of the form. Names are in the catalogue.
var (
	// ProxyReasons are the reasons for which a mandated proxy may come.
	ProxyReasons = []string{"P01", "P02", "P03", "P04", "P05", "P06", "P07", "P08", "P09", "P10", "P11", "P12", "P13"}
	// OldCards are the kinds of card that are taken back.
	OldCards = []string{"notification", "juki", "previous", "residence"}
	// OldCardAnswers say what became of each of them.
	OldCardAnswers = []string{"collected", "none", "lost"}
	// WalkInReasons say why no letter was shown.
	WalkInReasons = []string{"lost_notice", "not_delivered", "no_notice_sent"}
	// PINMethods say who set the PINs.
	PINMethods = []string{"holder", "staff", "face"}
)

// byAge are the reasons that the holder's age alone proves.
var byAge = []string{"P03", "P05"}

// gaps lists everything that is missing, so that the clerk sees it at once.
func (h HandOver) gaps() (gaps []fault.Detail) {
	missing := func(column, code string) { gaps = append(gaps, fault.Detail{Code: code, Column: column}) }
	known := Documents()
	for _, code := range h.Documents {
		if !slices.ContainsFunc(known, func(d Document) bool { return d.Code == code }) {
			gaps = append(gaps, fault.Detail{Code: "visit.unknown_document", Column: "documents", Value: code})
		}
	}
	if !h.identified("holder") {
		missing("documents", "visit.holder_not_identified")
	}
	switch h.Receiver {
	case Self:
	case Legal:
		if !h.identified("receiver") {
			missing("documents", "visit.receiver_not_identified")
		}
		if !h.shown(paperFamily) {
			missing("documents", "visit.family_not_proved")
		}
	case Proxy:
		gaps = append(gaps, h.proxyGaps()...)
	default:
		missing("receiver", "visit.no_receiver")
	}
	for _, kind := range OldCards {
		if !slices.Contains(OldCardAnswers, h.OldCards[kind]) {
			gaps = append(gaps, fault.Detail{Code: "visit.old_card_unanswered", Column: "oldCards", Value: kind, Args: fault.Args("kind", "@old_card."+kind)})
		}
	}
	if !slices.Contains(PINMethods, h.PINMethod) {
		missing("pinMethod", "visit.no_pin_method")
	}
	return gaps
}

// asked is the form reduced to what is asked for: nothing else, such as a PIN
// that somebody sends along, reaches the record.
func (h HandOver) asked() HandOver {
	if h.NoticeScan != "" {
		h.WalkIn = ""
	}
	if h.Receiver != Proxy {
		h.ProxyReason = ""
	}
	answers := map[string]string{}
	for _, kind := range OldCards {
		answers[kind] = h.OldCards[kind]
	}
	h.OldCards = answers
	return h
}

func (h HandOver) proxyGaps() (gaps []fault.Detail) {
	if !h.identified("receiver") {
		gaps = append(gaps, fault.Detail{Code: "visit.receiver_not_identified", Column: "documents"})
	}
	if !h.shown(paperReply) || !h.shown(paperMandate) {
		gaps = append(gaps, fault.Detail{Code: "visit.no_mandate", Column: "documents"})
	}
	if !slices.Contains(ProxyReasons, h.ProxyReason) {
		gaps = append(gaps, fault.Detail{Code: "visit.no_proxy_reason", Column: "proxyReason"})
	} else if !slices.Contains(byAge, h.ProxyReason) && !h.shown(paperHindrance) {
		gaps = append(gaps, fault.Detail{Code: "visit.hindrance_not_proved", Column: "documents"})
	}
	return gaps
}

// Ages of the law, in years.
const (
	ofAge      = 15 // below, the legal representative comes with the holder
	pupilUntil = 16 // a pupil of the 中学校 is younger
	elderFrom  = 75
)

// ageGaps are what the holder's age says against the receiver.
func (h HandOver) ageGaps(age int) (gaps []fault.Detail) {
	if h.Receiver == Self && age < ofAge {
		gaps = append(gaps, fault.Detail{Code: "visit.under_age", Column: "receiver", Args: fault.Args("age", strconv.Itoa(age))})
	}
	if h.Receiver == Proxy && (h.ProxyReason == "P03" && age >= pupilUntil || h.ProxyReason == "P05" && age < elderFrom) {
		gaps = append(gaps, fault.Detail{Code: "visit.reason_not_by_age", Column: "proxyReason", Args: fault.Args(
			"reason", "@proxy_reason."+h.ProxyReason, "age", strconv.Itoa(age))})
	}
	return gaps
}

func (h HandOver) shown(code string) bool { return slices.Contains(h.Documents, code) }

// identified counts the papers of a person: one of class A or two of class B.
func (h HandOver) identified(who string) bool {
	a, b := 0, 0
	for _, code := range slices.Compact(slices.Sorted(slices.Values(h.Documents))) {
		name, ok := strings.CutPrefix(code, who+"_")
		switch {
		case !ok:
		case slices.Contains(classA, name):
			a++
		case slices.Contains(classB, name):
			b++
		}
	}
	return a >= 1 || b >= 2
}
