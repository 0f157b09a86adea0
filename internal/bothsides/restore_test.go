package bothsides_test

import (
	"bytes"
	"os"
	"time"

	"kofu/internal/agree"
	"kofu/internal/booking/sync"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/officelog"
	"kofu/internal/store"
	"kofu/internal/testkit"
)

// backup is a side as it was: a copy of the office's file, or a dump of the
// municipality at the booking service.
type backup struct {
	content []byte
	day     int
}

func cloudHead(rx *store.Rx) (int64, error) { return sync.Log{}.Head(rx) }

// recovering reports whether a side that was put back waits for its answer.
func (p *pair) recovering(side agree.Side) (is bool) {
	p.t.Helper()
	if side == agree.Office {
		p.officeRead(func(rx *store.Rx) (err error) { is, err = officelog.Recovering(rx); return err })
		return is
	}
	r, is, err := p.Cloud.Recovery(p.t.Context())
	p.must(err)
	is = is && r.Answered == ""
	return is
}

func (h *history) backup(side agree.Side) {
	h.t.Helper()
	if h.recovering(side) {
		return
	}
	h.backups[side] = append(h.backups[side], backup{h.saved(side), h.day})
}

// saved is a backup of a side.
func (p *pair) saved(side agree.Side) []byte {
	p.t.Helper()
	if side == agree.Cloud {
		var dump bytes.Buffer
		p.must(p.Cloud.Desk.DB.DumpTenant(p.t.Context(), &dump))
		return dump.Bytes()
	}
	p.closeOffice()
	content, err := os.ReadFile(p.path("office", "kofu.db"))
	p.must(err)
	p.openOffice()
	return content
}

// rewind puts the database of a side back to a backup; nobody is told.
func (p *pair) rewind(side agree.Side, content []byte) {
	p.t.Helper()
	if side == agree.Cloud {
		p.openCloud(content)
		return
	}
	p.closeOffice()
	p.write("office", map[string][]byte{"kofu.db": content})
	p.openOffice()
}

// begin says that a side was put back.
func (p *pair) begin(side agree.Side) error {
	if side == agree.Cloud {
		return p.Cloud.Restored(p.t.Context(), testkit.Supervisor)
	}
	return p.Office.Restored(p.t.Context(), testkit.Supervisor)
}

// restore puts a side back to one of its backups. Two sides that were both put
// back at once cannot heal each other.
func (h *history) restore(side agree.Side) {
	h.t.Helper()
	old := h.backups[side]
	if len(old) == 0 {
		return
	}
	for _, s := range []agree.Side{agree.Office, agree.Cloud} {
		if h.recovering(s) || h.far(s).NewEpoch != "" {
			return
		}
	}
	b := old[h.r.IntN(len(old))]
	h.restored++
	h.Clock.Advance(time.Second)
	h.rewind(side, b.content)
	h.unconfirmed(side)
	h.must(h.begin(side))
	if side == agree.Cloud {
		h.met["booking service put back"]++
		return
	}
	h.day = b.day
	h.met["office put back"]++
}

// unconfirmed confirms first what was under way in a backup, as those who put one
// back are told to.
func (h *history) unconfirmed(side agree.Side) {
	h.t.Helper()
	if side == agree.Cloud {
		if _, is, err := h.Cloud.Recovery(h.t.Context()); err != nil || is {
			h.must(err)
			testkit.WantFault(h.t, h.Cloud.Restored(h.t.Context(), testkit.Supervisor), fault.Conflict, "intake.restoring")
			h.must(h.Cloud.ConfirmRestore(h.t.Context(), testkit.Supervisor))
		}
		return
	}
	var r exchange.Restore
	h.officeRead(func(rx *store.Rx) (err error) { r, _, err = exchange.Restoring(rx); return err })
	if r.Side == exchange.OfficeSide {
		testkit.WantFault(h.t, h.Office.Restored(h.t.Context(), testkit.Supervisor), fault.Conflict, "exchange.restoring")
		h.must(h.Office.ConfirmRestore(h.t.Context(), testkit.Supervisor))
	}
}
