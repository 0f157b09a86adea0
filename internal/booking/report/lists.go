package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kofu/internal/booking/board"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/chart"
	"kofu/internal/fault"
	"kofu/internal/jpdate"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/sheet"
	"kofu/internal/store"
)

// viaName is how a booking reached us, in words.
func viaName(v reserve.Via) string { return message.Text("booking.via."+string(v), nil) }

// clockOf is the time of day of an instant as it is stored.
func clockOf(stamp string) (string, error) {
	at, err := store.ParseStamp(stamp)
	return at.In(store.Tokyo).Format("15:04"), err
}

// seats lists every slot with its counters.
func (m *making) seats() error {
	s := listing.Section{Columns: []listing.Column{
		column("day", sheet.Date), column("time", sheet.Code), windowColumn(), column("open", sheet.Text),
		column("web_cap", sheet.Int), column("web_taken", sheet.Int), column("office_cap", sheet.Int), column("office_taken", sheet.Int),
		column("taken", sheet.Int), column("free", sheet.Int),
	}}
	var sum [6]int
	heat := map[[2]int]int{}
	days := map[jpdate.Day]*[2]int{}
	type dated struct {
		starts string
		row    []string
	}
	var all []dated
	for _, w := range m.q.Windows {
		list, err := seatsOf(m.rx, m.tenant, w.ID, m.q.From, m.q.Until)
		if err != nil {
			return err
		}
		for _, r := range list {
			at, err := clockOf(r.starts)
			if err != nil {
				return err
			}
			open, free := message.Text("breport.open", nil), max(0, r.webCap-r.webTaken)+max(0, r.officeCap-r.officeSeat)
			if !r.open {
				open, free = message.Text("breport.closed", nil), 0
			}
			values := [6]int{r.webCap, r.webTaken, r.officeCap, r.officeSeat, r.webTaken + r.officeSeat, free}
			row := []string{string(r.day), at, w.Name, open}
			for i, n := range values {
				sum[i] += n
				row = append(row, number(n))
			}
			all = append(all, dated{r.starts, row})
			if days[r.day] == nil {
				days[r.day] = &[2]int{}
			}
			days[r.day][0] += r.webTaken
			days[r.day][1] += r.officeSeat
			hour, _, _ := strings.Cut(at, ":")
			heat[[2]int{int(r.day.Weekday()), atoi(hour)}] += r.webTaken + r.officeSeat
		}
	}
	slices.SortStableFunc(all, func(a, b dated) int { return cmp.Compare(a.starts, b.starts) })
	for _, one := range all {
		s.Rows = append(s.Rows, one.row)
	}
	s.Total = []string{totalLabel(), "", "", ""}
	for _, n := range sum {
		s.Total = append(s.Total, number(n))
	}
	m.d.Sections = []listing.Section{s}
	return m.seatCharts(days, heat)
}

func (m *making) seatCharts(days map[jpdate.Day]*[2]int, heat map[[2]int]int) error {
	c := chart.Chart{Title: message.Text("breport.chart.seats", nil), Unit: message.Text("breport.unit.seats", nil)}
	c.Columns = []chart.Series{{Name: message.Text("breport.column.web", nil)}, {Name: message.Text("breport.column.office", nil)}}
	for _, day := range slices.Sorted(keysOf(days)) {
		c.Categories = append(c.Categories, ByDay.short(string(day)))
		for i := range c.Columns {
			c.Columns[i].Values = append(c.Columns[i].Values, float64(days[day][i]))
		}
	}
	if err := m.draw(c); err != nil {
		return err
	}
	return m.heat(message.Text("breport.chart.seats_heat", nil), c.Unit, heat)
}

// visitors lists who comes, by time; what the board does not count is not in it.
func (m *making) visitors() error {
	s := listing.Section{Columns: []listing.Column{
		column("day", sheet.Date), column("time", sheet.Code), windowColumn(), column("no", sheet.Code),
		column("state", sheet.Text), column("persons", sheet.Int), column("procs", sheet.Text), column("arrived", sheet.Code),
		column("via", sheet.Text),
	}}
	counts := map[board.Stage]int{}
	persons := 0
	type placed struct {
		v board.Visit
		w slot.Window
	}
	var all []placed
	for day := m.q.From; day <= m.q.Until; day = day.AddDays(1) {
		for _, w := range m.q.Windows {
			visits, err := board.Day(m.rx, m.tenant, w.ID, day)
			if err != nil {
				return err
			}
			for _, v := range visits {
				if v.Stage(m.rx.Now, w.LateMinutes) != board.None {
					all = append(all, placed{v, w})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return a.v.Starts.Compare(b.v.Starts) })
	for _, one := range all {
		v, stage := one.v, one.v.Stage(m.rx.Now, one.w.LateMinutes)
		arrived := ""
		if !v.ArrivedAt.IsZero() {
			arrived = v.ArrivedAt.In(store.Tokyo).Format("15:04")
		}
		counts[stage]++
		persons += v.Persons
		s.Rows = append(s.Rows, []string{
			store.Day(v.Starts), v.Starts.In(store.Tokyo).Format("15:04"), one.w.Name, v.No, StageName(stage), number(v.Persons),
			m.procs(v.Procs), arrived, viaName(v.Via),
		})
	}
	s.Total = []string{totalLabel(), "", "", message.Text("breport.visits", fault.Args("n", number(len(all)))), "", number(persons), "", "", ""}
	m.d.Sections = []listing.Section{s}
	var parts []string
	for _, stage := range []board.Stage{board.Booked, board.Late, board.Arrived, board.Serving, board.Done, board.Missed} {
		parts = append(parts, StageName(stage)+" "+number(counts[stage]))
	}
	m.d.Notes = append(m.d.Notes, message.Text("breport.stages", fault.Args("list", strings.Join(parts, " / "))))
	return nil
}

// StageName is how far a visit is, as the board calls it.
func StageName(s board.Stage) string { return message.Text("ui.stage."+string(s), nil) }

// missing lists who did not come: for good, for the time being, and those of
// whom nobody knows.
func (m *making) missing() error {
	columns := []listing.Column{
		column("day", sheet.Date), column("time", sheet.Code), windowColumn(), column("no", sheet.Code),
		column("persons", sheet.Int), column("via", sheet.Text),
	}
	for _, state := range []reserve.State{reserve.NoShow, reserve.Missed, reserve.Unreconciled} {
		s := listing.Section{Title: message.Text("breport.missing."+string(state), nil), Columns: columns}
		persons := 0
		for _, w := range m.q.Windows {
			list, err := missedOf(m.rx, m.tenant, w.ID, state, m.q.From, m.q.Until)
			if err != nil {
				return err
			}
			for _, r := range list {
				at, err := store.ParseStamp(r.starts)
				if err != nil {
					return err
				}
				persons += r.persons
				s.Rows = append(s.Rows, []string{
					store.Day(at), at.In(store.Tokyo).Format("15:04"), w.Name, r.no, number(r.persons), viaName(r.via),
				})
			}
		}
		slices.SortStableFunc(s.Rows, func(a, b []string) int { return cmp.Compare(a[0]+a[1], b[0]+b[1]) })
		s.Total = []string{totalLabel(), "", "", message.Text("breport.visits", fault.Args("n", number(len(s.Rows)))), number(persons), ""}
		m.d.Sections = append(m.d.Sections, s)
	}
	return nil
}

// dayOf is the day in Japan of an instant.
func dayOf(t time.Time) jpdate.Day { return jpdate.Day(store.Day(t)) }
