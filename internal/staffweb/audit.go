package staffweb

import (
	"net/http"
	"strings"
	"time"

	"kofu/internal/audit"
	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/message"
	"kofu/internal/staff"
	"kofu/internal/store"
)

// AuditRow is one record of the audit log.
type AuditRow struct {
	Seq      int64  `json:"seq"`
	At       string `json:"at"`
	Actor    string `json:"actor"` // name, or the id of what acted without one
	Terminal string `json:"terminal"`
	Action   string `json:"action"`
	Label    string `json:"label"` // of the action
	Object   string `json:"object"`
	Detail   string `json:"detail"` // JSON
	Result   string `json:"result" ts:"'ok' | 'denied' | 'error'"`
}

// AuditCheckpoint is the newest signed statement about the whole log.
type AuditCheckpoint struct {
	Size int64  `json:"size"`
	Root string `json:"root"`
	At   string `json:"at"`
}

// AuditList is a part of the audit log, newest first.
type AuditList struct {
	Total      int             `json:"total"`
	Rows       []AuditRow      `json:"rows"`
	Checkpoint AuditCheckpoint `json:"checkpoint"`
}

// AuditRoutes show the log of all acts.
func (s *Staff) AuditRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/audit", Permission: staff.AuditView, Handle: s.getAudit, Out: AuditList{}},
		{Pattern: "GET /api/audit.csv", Permission: staff.AuditView, Handle: s.getAuditFile},
	}
}

func (s *Staff) getAudit(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	filter, err := auditFilter(r)
	if err != nil {
		return err
	}
	list := AuditList{Rows: []AuditRow{}}
	err = s.DB.Read(r.Context(), func(rx *store.Rx) error {
		records, total, err := audit.List(rx, filter)
		if err != nil {
			return err
		}
		list.Total = total
		for _, record := range records {
			list.Rows = append(list.Rows, auditRow(record))
		}
		checkpoint, err := audit.Latest(rx)
		list.Checkpoint = AuditCheckpoint{Size: checkpoint.Size, Root: rootOf(checkpoint), At: checkpoint.At}
		return err
	})
	if err != nil {
		return err
	}
	return OK(w, list)
}

func auditRow(r audit.Record) AuditRow {
	row := AuditRow{
		Seq: r.Seq, At: r.At, Actor: r.Name, Terminal: r.Terminal, Action: r.Action, Label: r.Action,
		Object: r.Object, Detail: string(r.Detail), Result: string(r.Result),
	}
	if id, _, _ := strings.Cut(r.Actor, "/"); message.Has("audit.actor." + id) { // no person
		row.Actor = message.Text("audit.actor."+id, nil)
	} else if row.Actor == "" {
		row.Actor = r.Actor
	}
	for _, code := range []string{"audit.action." + r.Action, "act." + strings.TrimPrefix(r.Action, "card.")} {
		if message.Has(code) {
			row.Label = message.Text(code, nil)
			break
		}
	}
	return row
}

// rootOf is the third line of a signed checkpoint.
func rootOf(c audit.Checkpoint) string {
	lines := strings.SplitN(c.Note, "\n", 4)
	if len(lines) < 4 {
		return ""
	}
	return lines[2]
}

// auditFilter reads the days from and to, both inclusive and in Japan, and the
// exact values of actor (staff id), action and object.
func auditFilter(r *http.Request) (f audit.Filter, err error) {
	q := r.URL.Query()
	f = audit.Filter{Actor: q.Get("actor"), Action: q.Get("action"), Object: q.Get("object")}
	if f.From, err = DayStart(q.Get("from"), 0); err != nil {
		return f, err
	}
	if f.To, err = DayStart(q.Get("to"), 1); err != nil {
		return f, err
	}
	f.Offset, f.Limit, err = Window(r, 100)
	return f, err
}

// DayStart is the instant at which the day begins in Japan, some days later; "" of
// no day. Errors: fault.BadRequest "web.day".
func DayStart(day string, later int) (string, error) {
	if day == "" {
		return "", nil
	}
	t, err := time.ParseInLocation(time.DateOnly, day, store.Tokyo)
	if err != nil {
		return "", fault.New(fault.BadRequest, "web.day", "value", day)
	}
	return store.Stamp(t.AddDate(0, 0, later)), nil
}
