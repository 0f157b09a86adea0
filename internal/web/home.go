package web

import (
	"errors"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"

	"kofu/internal/audit"
	"kofu/internal/delivery"
	"kofu/internal/exchange"
	"kofu/internal/fault"
	"kofu/internal/intake"
	"kofu/internal/message"
	"kofu/internal/progress"
	"kofu/internal/report"
	"kofu/internal/settings"
	"kofu/internal/sheet"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

// Task is something that waits for somebody, with the list behind it.
type Task struct {
	Key   string        `json:"key"`
	Label string        `json:"label"`
	Count int           `json:"count"`
	Href  string        `json:"href"`
	Tone  staffweb.Tone `json:"tone"`

	permission staff.Permission // of the list
}

// Balance is the sum that must always hold.
type Balance struct {
	Received   int  `json:"received"`
	HandedOver int  `json:"handedOver"`
	Destroyed  int  `json:"destroyed"`
	Held       int  `json:"held"`
	OK         bool `json:"ok"`
}

// Home is the first screen of the day.
type Home struct {
	Tasks    []Task        `json:"tasks"`
	Statuses []StatusCount `json:"statuses"`
	Lots     []Delivery    `json:"lots"`
	Imports  []ImportRun   `json:"imports"`
	Balance  *Balance      `json:"balance"` // nil for who may not see cards
}

// getHome shows the work of the day: no count of a list that the person may
// not open. Who may not see cards, such as the system administrator, finds none.
func (s *server) getHome(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	out := Home{Tasks: []Task{}, Statuses: []StatusCount{}, Lots: []Delivery{}, Imports: []ImportRun{}}
	running := s.imports.Running()
	if !staffweb.May(r, staff.CardView) {
		return staffweb.OK(w, out)
	}
	err := s.DB.Read(r.Context(), func(rx *store.Rx) error {
		words, err := settings.Load(rx)
		if err != nil {
			return err
		}
		counts, err := progress.StatusCounts(rx)
		if err != nil {
			return err
		}
		out.Statuses = statusCounts(counts, words)
		tasks, err := progress.TasksNow(rx)
		if err != nil {
			return err
		}
		cases, err := exchange.CountOpen(rx)
		if err != nil {
			return err
		}
		out.Tasks = slices.DeleteFunc(wireTasks(tasks, cases), func(t Task) bool { return !staffweb.May(r, t.permission) })
		balance, err := progress.BalanceNow(rx)
		if err != nil {
			return err
		}
		out.Balance = &Balance{Received: balance.Received, HandedOver: balance.HandedOver, Held: balance.Held, OK: balance.OK()}
		return homeLists(rx, &out, staffweb.May(r, staff.ImportRun), running)
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, out)
}

func homeLists(rx *store.Rx, out *Home, imports bool, running map[int64]intake.Progress) error {
	all, err := delivery.All(rx)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.State == delivery.Open {
			out.Lots = append(out.Lots, wireDelivery(d))
		}
	}
	if !imports {
		return nil
	}
	runs, err := intake.List(rx, 5)
	for _, run := range runs {
		out.Imports = append(out.Imports, importRun(run, running))
	}
	return err
}

// wireTasks lists what there is to do, in the order of a card's life. Each
// number has the list with the same filter behind it.
func wireTasks(t progress.Tasks, cases int) []Task {
	all := []Task{
		{"receive", "", t.OpenDeliveries, "/deliveries", staffweb.ToneOther, staff.DeliveryReceive},
		{"inspect", "", t.ToInspect, "/cards?procedure=RECEIVED", staffweb.ToneOther, staff.CardView},
		{"preset", "", t.ToPreset, "/cards?procedure=INSPECTED", staffweb.ToneOther, staff.CardView},
		{"shelve", "", t.ToShelve, "/cards?procedure=PRESET", staffweb.ToneOther, staff.CardView},
		{"notify", "", t.ToNotify, "/cards?due=notice", staffweb.ToneOther, staff.CardView},
		{"post", "", t.ToPost, "/prints", staffweb.ToneOther, staff.NoticePrint},
		{"counter", "", t.AtCounter, "/cards?custody=COUNTER", staffweb.ToneOther, staff.CardView},
		{"overdue", "", t.Overdue, "/cards?due=overdue", staffweb.ToneWarn, staff.CardView},
		{"held", "", t.Stopped, "/cards?status=HELD", staffweb.ToneError, staff.CardView},
		{"missing", "", t.Missing, "/cards?status=MISSING", staffweb.ToneError, staff.CardView},
		{"cases", "", cases, "/cases", staffweb.ToneError, staff.ExchangeDecide},
	}
	for i := range all {
		all[i].Label = message.Text("task."+all[i].Key, nil)
		if all[i].Count == 0 {
			all[i].Tone = staffweb.ToneOK
		}
	}
	return all
}

// contentTypes are those of the formats of a list.
var contentTypes = map[sheet.Format]string{
	sheet.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	sheet.CSV:  "text/csv; charset=utf-8", sheet.CSVCP932: "text/csv; charset=Shift_JIS",
}

// getCardsExport writes the list as a file, with the same filter, and records
// who took how many rows.
func (s *server) getCardsExport(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Offset, f.Limit = 0, 0
	format := sheet.Format(r.URL.Query().Get("format"))
	contentType, known := contentTypes[format]
	if !known {
		return fault.New(fault.Invalid, "report.unknown_format", "format", string(format))
	}
	name := sheet.FileName(message.Text("report.cards", nil), s.Clock(), format)
	return staffweb.ServeSpooled(w, r, s.Spool, contentType, name, true, func(out *staffweb.SpoolFile) error {
		written, err := report.Cards(r.Context(), s.DB, out, format, f, actor.Name, s.Spool)
		if err != nil {
			return err
		}
		return s.DB.Write(r.Context(), actor, func(tx *store.Tx) error {
			return audit.Append(tx, "list.exported", "list/cards", map[string]any{"format": format, "rows": written.Rows})
		})
	})
}

// fontFrom reads the field before the file.
func fontFrom(parts *multipart.Reader) (gaijiSet string, file *multipart.Part, err error) {
	const field = 1 << 10
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return "", nil, fault.New(fault.Invalid, "import.no_file")
		case err != nil:
			return "", nil, fault.New(fault.BadRequest, "import.bad_form").Because(err)
		case part.FormName() == "file":
			return gaijiSet, part, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, field))
		if err != nil {
			return "", nil, fault.New(fault.BadRequest, "import.bad_form").Because(err)
		}
		if part.FormName() == "gaijiSet" {
			gaijiSet = string(text)
		}
	}
}

// asUploaded names the file of a refusal as the clerk knows it, not as it was
// called on the way.
func asUploaded(err error, name string) error {
	e, refused := fault.As(err)
	if !refused || e.Args["name"] == "" {
		return err
	}
	named := *e
	named.Args = maps.Clone(e.Args)
	named.Args["name"] = name
	return &named
}
