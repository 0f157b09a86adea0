package member

import "kofu/internal/store"

func countStates(rx *store.Rx, tenant int) (map[State]int, error) {
	counts := map[State]int{}
	err := rx.Query(func(scan func(...any) error) error {
		var state State
		var n int
		err := scan(&state, &n)
		counts[state] = n
		return err
	}, "SELECT state, COUNT(*) FROM member WHERE tenant = $1 GROUP BY state", tenant)
	return counts, err
}
