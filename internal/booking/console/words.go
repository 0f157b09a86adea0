package console

import (
	"time"

	"kofu/internal/booking/inquiry"
	"kofu/internal/booking/slot"
	"kofu/internal/booking/terms"
	"kofu/internal/store"
)

// procedureName is how the tenant calls a procedure.
func procedureName(t *terms.Terms, p slot.Procedure) string {
	return t.Words("ja").Plain(terms.ProcedureKey(p))
}

// names are the tenant's words for what lists name by ids.
type names struct {
	windows map[string]string
	handled inquiry.List // what reception did
	terms   *terms.Terms
}

func (s *server) names(rx *store.Rx) (n names, err error) {
	all, err := slot.Windows(rx, s.Tenant)
	if err != nil {
		return n, err
	}
	n.windows = map[string]string{}
	for _, w := range all {
		n.windows[w.ID] = w.Name
	}
	choices, err := inquiry.LoadChoices(rx)
	if err != nil {
		return n, err
	}
	n.handled = choices.Handled
	n.terms, err = terms.Load(rx, s.Tenant)
	return n, err
}

// procs are the names of procedures.
func (n names) procs(procs slot.Procs) []string {
	list := []string{}
	for _, p := range procs.List() {
		list = append(list, procedureName(n.terms, p))
	}
	return list
}

// stampOf writes an instant, and nothing for none.
func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return store.Stamp(t)
}

// clockOf is the time of an instant in Japan.
func clockOf(t time.Time) string { return t.In(store.Tokyo).Format("15:04") }
