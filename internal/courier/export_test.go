package courier

import "time"

// Patience makes calls end after d, until the test is over.
func Patience(d time.Duration) (restore func()) {
	was := patience
	patience = d
	return func() { patience = was }
}
