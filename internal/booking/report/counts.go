package report

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"

	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/reserve"
	"kofu/internal/booking/slot"
	"kofu/internal/chart"
	"kofu/internal/jpdate"
	"kofu/internal/listing"
	"kofu/internal/message"
	"kofu/internal/sheet"
)

func keysOf[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// atoi reads digits that the program has written.
func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// has reports whether the query is about a window.
func (q Query) has(window string) bool {
	return slices.ContainsFunc(q.Windows, func(w slot.Window) bool { return w.ID == window })
}

// handedOut counts the persons who got their card, by time and window.
func (m *making) handedOut() error {
	from, before := m.q.span()
	list, err := doneBy(m.rx, m.tenant, from, before)
	if err != nil {
		return err
	}
	counts := map[string]map[string]int{} // by row and window
	heat := map[[2]int]int{}
	for _, r := range list {
		if !r.procs.Has(slot.Receive) || !m.q.has(r.window) {
			continue
		}
		at, err := hourAt(r.hour)
		if err != nil {
			return err
		}
		key := m.q.Grain.key(at)
		if counts[key] == nil {
			counts[key] = map[string]int{}
		}
		counts[key][r.window] += r.n
		heat[[2]int{int(at.Weekday()), at.Hour()}] += r.n
	}
	s := listing.Section{Columns: []listing.Column{column("period", m.q.Grain.kind())}}
	s.Columns[0].Width = 24
	s.Total = []string{totalLabel()}
	var series []chart.Series
	for _, w := range m.q.Windows {
		s.Columns = append(s.Columns, listing.Column{Heading: w.Name, Kind: sheet.Int, Width: 22})
		series = append(series, chart.Series{Name: w.Name})
	}
	s.Columns = append(s.Columns, column("sum", sheet.Int))
	sums := make([]int, len(m.q.Windows)+1)
	c := chart.Chart{Title: message.Text("breport.chart.handed", nil), Unit: message.Text("breport.unit.cards", nil)}
	total := chart.Series{Name: message.Text("breport.column.sum", nil)}
	for _, key := range slices.Sorted(keysOf(counts)) {
		row, sum := []string{m.q.Grain.label(key)}, 0
		for i, w := range m.q.Windows {
			n := counts[key][w.ID]
			row = append(row, number(n))
			sums[i] += n
			sum += n
			series[i].Values = append(series[i].Values, float64(n))
		}
		sums[len(sums)-1] += sum
		total.Values = append(total.Values, float64(sum))
		s.Rows = append(s.Rows, append(row, number(sum)))
		c.Categories = append(c.Categories, m.q.Grain.short(key))
	}
	for _, n := range sums {
		s.Total = append(s.Total, number(n))
	}
	m.d.Sections = []listing.Section{s}
	if c.Columns = series; len(series) > chart.MostSeries || len(series) == 0 {
		c.Columns = []chart.Series{total}
	}
	if m.q.Grain != ByHour {
		if err := m.draw(c); err != nil {
			return err
		}
	}
	return m.heat(message.Text("breport.chart.handed_heat", nil), c.Unit, heat)
}

// The columns of what came in: made and what became of it, then acts of the day.
const (
	made = iota
	open
	visited
	missed
	unreconciled
	cancelled
	expired
	moves
	cancellations
	intakeColumns
)

var intakeKeys = [intakeColumns]string{"made", "open_bookings", "visited", "missed", "unreconciled", "cancelled", "expired", "moves", "cancellations"}

// outcomeOf is the column that counts a booking in a state.
func outcomeOf(s reserve.State) int {
	switch s {
	case reserve.Visited, reserve.Again:
		return visited
	case reserve.Missed, reserve.NoShow:
		return missed
	case reserve.Unreconciled:
		return unreconciled
	case reserve.Cancelled, reserve.CancelledByOffice:
		return cancelled
	case reserve.Expired:
		return expired
	}
	return open // pending, offered, active or arrived
}

// intake counts what was entered on a day by which way: the bookings made, with
// what has become of them by now, and the moves and cancellations of the day.
func (m *making) intake() error {
	type key struct {
		day jpdate.Day
		via reserve.Via
	}
	counts := map[key]*[intakeColumns]int{}
	from, before := m.q.span()
	for i, query := range []string{madeIn, movedIn, cancelledIn} {
		list, err := intakeRows(m.rx, query, m.tenant, from, before)
		if err != nil {
			return err
		}
		for _, r := range list {
			at, err := hourAt(r.hour)
			if err != nil {
				return err
			}
			if !m.q.has(r.window) {
				continue
			}
			k := key{dayOf(at), r.via}
			if counts[k] == nil {
				counts[k] = &[intakeColumns]int{}
			}
			switch i {
			case 0:
				counts[k][made] += r.n
				counts[k][outcomeOf(r.state)] += r.n
			case 1:
				counts[k][moves] += r.n
			case 2:
				counts[k][cancellations] += r.n
			}
		}
	}
	s := listing.Section{Columns: []listing.Column{column("day", sheet.Date), column("via", sheet.Text)}, Total: []string{totalLabel(), ""}}
	for _, k := range intakeKeys {
		s.Columns = append(s.Columns, column(k, sheet.Int))
	}
	vias := []reserve.Via{reserve.ByWeb, reserve.ByPhone, reserve.AtCounter, reserve.OnVisit}
	c := chart.Chart{Title: message.Text("breport.chart.intake", nil), Unit: message.Text("breport.unit.bookings", nil)}
	for _, via := range vias {
		c.Columns = append(c.Columns, chart.Series{Name: viaName(via)})
	}
	days := map[jpdate.Day]bool{}
	for k := range counts {
		days[k.day] = true
	}
	var sums [intakeColumns]int
	for _, day := range slices.Sorted(keysOf(days)) {
		c.Categories = append(c.Categories, ByDay.short(string(day)))
		for i, via := range vias {
			n := counts[key{day, via}]
			if n == nil {
				c.Columns[i].Values = append(c.Columns[i].Values, 0)
				continue
			}
			c.Columns[i].Values = append(c.Columns[i].Values, float64(n[made]))
			row := []string{string(day), viaName(via)}
			for j, count := range n {
				row = append(row, number(count))
				sums[j] += count
			}
			s.Rows = append(s.Rows, row)
		}
	}
	for _, n := range sums {
		s.Total = append(s.Total, number(n))
	}
	m.d.Sections = []listing.Section{s}
	return m.draw(c)
}

// leads are the classes of days between booking and visit: up to so many.
var leads = []int{1, 3, 7, 14, 30, 1 << 30}

// tally counts who came and who finally did not.
type tally struct{ came, missed int }

func (t *tally) add(s reserve.State, n int) {
	if s == reserve.NoShow {
		t.missed += n
	} else {
		t.came += n
	}
}

// percent is the no-show rate; ” where there was nobody.
func (t tally) percent() string {
	if t.came+t.missed == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", t.value())
}

func (t tally) value() float64 {
	if t.came+t.missed == 0 {
		return 0
	}
	return 100 * float64(t.missed) / float64(t.came+t.missed)
}

// rate tells which share finally did not come: by time, window, way and days
// between booking and visit. Cancelled and unreconciled ones count nowhere.
func (m *making) rate() error {
	list, err := ratesOf(m.rx, m.tenant, m.q.From, m.q.Until)
	if err != nil {
		return err
	}
	counts := make([]map[string]*tally, 4) // by time, window, way, lead
	for i := range counts {
		counts[i] = map[string]*tally{}
	}
	for _, r := range list {
		if !m.q.has(r.window) {
			continue
		}
		madeAt, err := hourAt(r.made)
		if err != nil {
			return err
		}
		lead := slices.IndexFunc(leads, func(most int) bool { return dayOf(madeAt).DaysUntil(r.day) <= most })
		period := string(r.day)
		if m.q.Grain == ByMonth {
			period = period[:len("2006-01")]
		}
		for i, key := range []string{period, r.window, string(r.via), strconv.Itoa(lead)} {
			if counts[i][key] == nil {
				counts[i][key] = &tally{}
			}
			counts[i][key].add(r.state, r.n)
		}
	}
	columns := []listing.Column{column("group", sheet.Text), column("came", sheet.Int), column("noshow", sheet.Int), column("rate", sheet.Decimal)}
	columns[0].Width = 24
	for i, title := range []string{"time", "window", "via", "lead"} {
		s := listing.Section{Title: message.Text("breport.rate."+title, nil), Columns: columns}
		var sum tally
		for _, key := range slices.Sorted(keysOf(counts[i])) {
			t := counts[i][key]
			sum.came += t.came
			sum.missed += t.missed
			s.Rows = append(s.Rows, []string{m.rateLabel(title, key), number(t.came), number(t.missed), t.percent()})
		}
		s.Total = []string{totalLabel(), number(sum.came), number(sum.missed), sum.percent()}
		m.d.Sections = append(m.d.Sections, s)
	}
	c := chart.Chart{Title: message.Text("breport.chart.rate", nil), Unit: "%", Lines: []chart.Series{{Name: message.Text("breport.column.rate_short", nil)}}}
	for _, key := range slices.Sorted(keysOf(counts[0])) {
		c.Categories = append(c.Categories, m.q.Grain.short(key))
		c.Lines[0].Values = append(c.Lines[0].Values, counts[0][key].value())
	}
	return m.draw(c)
}

func (m *making) rateLabel(by, key string) string {
	switch by {
	case "window":
		for _, w := range m.q.Windows {
			if w.ID == key {
				return w.Name
			}
		}
	case "via":
		return viaName(reserve.Via(key))
	case "lead":
		return message.Text("breport.lead."+key, nil)
	case "time":
		if m.q.Grain == ByDay {
			return listing.Say(sheet.Date, key)
		}
		return m.q.Grain.label(key)
	}
	return key
}

// inquiries counts what residents asked, by day and category.
func (m *making) inquiries() error {
	choices, err := inquiry.LoadChoices(m.rx)
	if err != nil {
		return err
	}
	filters := []inquiry.Filter{{From: m.q.From, To: m.q.Until}}
	if !m.q.All {
		filters = nil
		for _, w := range m.q.Windows {
			filters = append(filters, inquiry.Filter{From: m.q.From, To: m.q.Until, Window: w.ID})
		}
	}
	counts := map[jpdate.Day]map[string]int{}
	for _, f := range filters {
		list, err := inquiry.Counts(m.rx, m.tenant, f)
		if err != nil {
			return err
		}
		for _, c := range list {
			if counts[c.Day] == nil {
				counts[c.Day] = map[string]int{}
			}
			counts[c.Day][c.Category] += c.N
		}
	}
	s := listing.Section{Columns: []listing.Column{column("day", sheet.Date)}, Total: []string{totalLabel()}}
	sums := make([]int, len(choices.Categories)+1)
	for _, c := range choices.Categories {
		s.Columns = append(s.Columns, listing.Column{Heading: c.Name, Kind: sheet.Int, Width: 22})
	}
	s.Columns = append(s.Columns, column("sum", sheet.Int))
	for _, day := range slices.Sorted(keysOf(counts)) {
		row, sum := []string{string(day)}, 0
		for i, c := range choices.Categories {
			n := counts[day][c.Code]
			sums[i] += n
			sum += n
			row = append(row, number(n))
		}
		sums[len(sums)-1] += sum
		s.Rows = append(s.Rows, append(row, number(sum)))
	}
	for _, n := range sums {
		s.Total = append(s.Total, number(n))
	}
	m.d.Sections = []listing.Section{s}
	c := chart.Chart{Title: message.Text("breport.chart.inquiries", nil), Unit: message.Text("breport.unit.inquiries", nil)}
	c.Columns = []chart.Series{{Name: message.Text("breport.column.sum", nil)}}
	for i, one := range choices.Categories {
		c.Categories = append(c.Categories, one.Name)
		c.Columns[0].Values = append(c.Columns[0].Values, float64(sums[i]))
	}
	return m.draw(c)
}
