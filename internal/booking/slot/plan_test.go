package slot

import (
	"testing"

	"kofu/internal/testkit"
)

// Every statement of the rush walks along an index that begins with the tenant,
// and sorts nothing.
func TestPlans(t *testing.T) {
	testkit.WantIndexes(t, map[string]string{
		"from a day": fromDay, "later that day": laterThatDay, "take a web seat": takeWeb, "return an office seat": returnOffice,
		"over capacity": over,
	})
}

// Shares are rounded up: a small slot never stays closed for a fraction.
func TestReleased_RoundsUp(t *testing.T) {
	steps := []Step{{DaysBefore: 31, Percent: 30}, {DaysBefore: 14, Percent: 70}, {DaysBefore: 3, Percent: 100}}
	for _, c := range []struct{ seats, daysBefore, want int }{
		{5, 32, 0}, {5, 31, 2}, {5, 14, 4}, {5, 4, 4}, {5, 3, 5}, {5, 0, 5}, {1, 20, 1}, {10, 20, 3}, {0, 3, 0},
	} {
		if got := released(steps, c.seats, c.daysBefore); got != c.want {
			t.Errorf("%d seats, %d days before: %d, want %d", c.seats, c.daysBefore, got, c.want)
		}
	}
	if got := released(nil, 7, 300); got != 7 {
		t.Errorf("without steps: %d, want all", got)
	}
}
